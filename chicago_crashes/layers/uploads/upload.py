"""An uploaded file from end to end: read, judged, brought to Chicago, repaired, named. Nothing is stored here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import UNKNOWN, Feature, JsonValue, Layer, LayerKind, Shape
from chicago_crashes.layers.repair import SHAPES, Candidate, prepare, valid_geometry
from chicago_crashes.layers.uploads.content import Content
from chicago_crashes.layers.uploads.fields import FieldSummary, Naming, naming, summaries
from chicago_crashes.layers.uploads.limits import LIMITS, Limits
from chicago_crashes.layers.uploads.positions import NameOf, place
from chicago_crashes.layers.uploads.reading import read_content
from chicago_crashes.layers.uploads.texts import RefusedError, cleaned, quoted, shown
from chicago_crashes.layers.uploads.values import clean_row, text_of

LONGEST_TITLE = 200
LABELS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the one who brings a file says of it; what is left open is detected."""

    title: str | None = None
    label_field: str | None = None
    key_field: str | None = None
    layer_in_file: str | None = None
    source: str | None = None
    """The file's own name, where it was given another one since."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A layer that is ready to be stored, and what there is to say of the file."""

    layer: Layer
    features: Sequence[Feature]
    repaired: int
    left_out: int
    fields: Sequence[FieldSummary]
    key_field: str | None
    system: str
    messages: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Read:
    """The features that are left once those without a geometry and second copies are out."""

    numbers: Sequence[int]
    rows: Sequence[dict[str, JsonValue]]
    geometries: Sequence[BaseGeometry | None]
    left_out: int
    messages: Sequence[str]


def read_upload(file: Path, name: str, wishes: Wishes = Wishes(), limits: Limits = LIMITS) -> Upload:
    """The layer `name` that the file makes.

    Raises:
        RefusedError: the file cannot be taken; the message names it and says what to do.
    """
    try:
        return _upload(file, name, wishes, limits)
    except PermanentError as error:
        raise RefusedError(f"{shown(wishes.source or file.name)} is refused. {error}") from error


def _upload(file: Path, name: str, wishes: Wishes, limits: Limits) -> Upload:
    content = read_content(file, wishes.layer_in_file, limits)
    read = _without_copies(_with_geometry(content, limits))
    fields = summaries(content.fields, read.rows)
    called = naming(fields, read.rows, label_field=wishes.label_field, key_field=wishes.key_field, limits=limits)
    labels = [_label(row, number, called, limits) for row, number in zip(read.rows, read.numbers, strict=True)]
    keys, told = _keys(read, labels, called)

    def name_of_feature(at: int) -> str:
        number, label = read.numbers[at], labels[at]
        return f"feature {number}" if label == str(number) else f"feature {number} ({shown(label)})"

    placed = place(read.geometries, content.crs, name_of_feature)
    shape = _shape(placed.geometries, name_of_feature)
    candidates = [
        Candidate(f"feature {read.numbers[at]}", keys[at], labels[at], row, geometry)
        for at, (row, geometry) in enumerate(zip(read.rows, placed.geometries, strict=True))
    ]
    _require_repairable(placed.geometries, shape, name_of_feature)
    prepared = prepare(candidates, shape)
    return Upload(
        Layer(
            name=name,
            title=cleaned(wishes.title or "")[:LONGEST_TITLE] or name.replace("_", " ").capitalize(),
            kind=LayerKind.UPLOADED,
            shape=shape,
            source=shown(wishes.source or file.name, LONGEST_TITLE),
            label_field=called.label_field,
        ),
        prepared.features,
        prepared.repaired,
        read.left_out + prepared.left_out,
        fields,
        called.key_field,
        placed.system,
        [*content.messages, *placed.messages, *read.messages, *told, *prepared.notes],
    )


def _with_geometry(content: Content, limits: Limits) -> _Read:
    kept = [
        (number, clean_row(row, number, limits), geometry)
        for number, (row, geometry) in enumerate(zip(content.rows, content.geometries, strict=True), 1)
        if geometry is not None and not geometry.is_empty
    ]
    left_out = len(content.rows) - len(kept)
    messages = [f"Features without a geometry, which were left out: {left_out:,}."] if left_out else []
    return _Read([each[0] for each in kept], [each[1] for each in kept], [each[2] for each in kept], left_out, messages)


def _without_copies(read: _Read) -> _Read:
    """Each feature once: the same geometry with the same values is the same feature, and would count twice."""
    first: dict[bytes, int] = {}
    encoded = shapely.to_wkb(np.asarray(read.geometries, dtype=object))
    for at, (row, wkb) in enumerate(zip(read.rows, encoded, strict=True)):
        first.setdefault(sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + wkb).digest(), at)
    copies = len(read.rows) - len(first)
    if not copies:
        return read
    kept = list(first.values())
    return replace(
        read,
        numbers=[read.numbers[at] for at in kept],
        rows=[read.rows[at] for at in kept],
        geometries=[read.geometries[at] for at in kept],
        left_out=read.left_out + copies,
        messages=[*read.messages, f"Second copies of a feature, which were left out: {copies:,}."],
    )


def _label(row: dict[str, JsonValue], number: int, called: Naming, limits: Limits) -> str:
    """What people call the feature by; its key, or its number, where that is missing."""
    for field in (called.label_field, called.key_field):
        said = text_of(row.get(field)).strip() if field else ""
        if said:
            return shown(said, limits.key)
    return str(number)


def _keys(read: _Read, labels: Sequence[str], called: Naming) -> tuple[list[str], Sequence[str]]:
    """The features' keys: their field's, or their labels with a number from the second of a name on."""
    if called.key_field:
        return [text_of(row.get(called.key_field)).strip() for row in read.rows], ()
    keys: dict[str, None] = {}
    for label in labels:
        tries = (label if number == 1 else f"{label} ({number})" for number in count(1))
        keys[next(key for key in tries if key not in keys and key != UNKNOWN)] = None
    repeated = [label for label, times in Counter(labels).items() if times > 1]
    if not repeated:
        return list(keys), ()
    told = (
        f"Several features are called {', '.join(map(quoted, repeated[:LABELS_NAMED]))}: their keys are numbered. To "
        "make one feature of those of the same name, give that field as --key-field."
    )
    return list(keys), [told]


def _shape(geometries: Sequence[BaseGeometry | None], name_of_feature: NameOf) -> Shape:
    """The shape all features have.

    Raises:
        RefusedError: they have several, or one of them has none that a layer can have.
    """
    counted: Counter[Shape] = Counter()
    for at, geometry in enumerate(geometries):
        kind = "" if geometry is None else geometry.geom_type
        shape = SHAPES.get(kind.removeprefix("Multi"))
        if shape is None:
            raise RefusedError(
                f"The geometry of {name_of_feature(at)} is a {kind}; polygons, lines or points were expected. Split "
                "it into its parts."
            )
        if kind == "MultiPoint" and shapely.get_num_geometries(geometry) > 1:
            raise RefusedError(f"The geometry of {name_of_feature(at)} is several points. Split it into single ones.")
        counted[shape] += 1
    if len(counted) > 1:
        told = ", ".join(f"{number:,} {shape}{'s' if number > 1 else ''}" for shape, number in counted.most_common())
        raise RefusedError(f"It mixes shapes: {told}. A layer has one; make a file of each.")
    return next(iter(counted))


def _require_repairable(given: Sequence[BaseGeometry | None], shape: Shape, name_of_feature: NameOf) -> None:
    """An area that silently went missing would make wrong numbers, so one that cannot be mended is refused."""
    geometries = np.asarray(given, dtype=object)
    doubtful = ~shapely.is_valid(geometries)
    if shape is not Shape.POINT:
        doubtful |= (shapely.area if shape is Shape.POLYGON else shapely.length)(geometries) == 0
    for at in np.flatnonzero(doubtful):
        if valid_geometry(geometries[at], shape) is None:
            why = shapely.is_valid_reason(geometries[at])
            if why == "Valid Geometry":
                why = "it has no area" if shape is Shape.POLYGON else "it has no length"
            raise RefusedError(
                f"The geometry of {name_of_feature(int(at))} cannot be mended: {why}. Draw it anew, or take it out."
            )
