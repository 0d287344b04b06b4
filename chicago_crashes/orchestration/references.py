"""Links from an asset to the code behind it: the step, what it does, the declaration of its feed.

Dagster finds the step by itself. What it does is another function, which the asset names.
"""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dagster as dg

from chicago_crashes.feeds.catalogue import Feed
from chicago_crashes.settings import PROJECT_ROOT

CODE_REFERENCES = "dagster/code_references"
DECLARATIONS = PROJECT_ROOT / "chicago_crashes" / "feeds" / "catalogue"

Asset = dg.AssetsDefinition | dg.AssetSpec


def links_to_code(work: Callable[..., Any], *, feed: Feed | None = None) -> dg.CodeReferencesMetadataValue:
    """Where what an asset does is written, and where its feed is declared: files of this machine."""
    places = [("what it does", Path(inspect.getfile(work)), inspect.getsourcelines(work)[1])]
    if feed is not None:
        places.append(("the declaration of the feed", DECLARATIONS / f"{feed.name}.py", 1))
    return dg.CodeReferencesMetadataValue(
        code_references=[
            dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=label)
            for label, file, line in places
        ]
    )


def with_links_to_code(assets: Iterable[Asset], code_url: str) -> list[Asset]:
    """Assets with links to their steps, too; all links lead below `code_url`, where it is given.

    Dagster's own way to published code knows the addresses of GitHub and GitLab only.
    """
    linked = [_with_step(asset) for asset in assets]
    if not code_url:
        return linked

    def publish(spec: dg.AssetSpec) -> dg.AssetSpec:
        return _published(spec, code_url.rstrip("/"))

    return [publish(asset) if isinstance(asset, dg.AssetSpec) else asset.map_asset_specs(publish) for asset in linked]


def _with_step(asset: Asset) -> Asset:
    """An asset that has no step stays as it is."""
    (linked,) = dg.with_source_code_references([asset])
    return linked if isinstance(linked, dg.AssetsDefinition) else asset


def _published(spec: dg.AssetSpec, code_url: str) -> dg.AssetSpec:
    found = spec.metadata.get(CODE_REFERENCES)
    if not isinstance(found, dg.CodeReferencesMetadataValue):
        return spec
    published = [
        dg.UrlCodeReference(
            url=f"{code_url}/{Path(link.file_path).relative_to(PROJECT_ROOT)}#L{link.line_number}", label=link.label
        )
        for link in found.code_references
        if isinstance(link, dg.LocalFileCodeReference)
    ]
    metadata = {**spec.metadata, CODE_REFERENCES: dg.CodeReferencesMetadataValue(code_references=list(published))}
    return spec.replace_attributes(metadata=metadata)
