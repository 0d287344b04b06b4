"""The lineage leads from the portal to the report."""

import dagster as dg

from chicago_crashes.answers.defs.report import REPORT_KEY
from chicago_crashes.definitions import build_defs
from chicago_crashes.settings import Settings


def test_the_report_descends_from_the_portal_and_the_boundaries() -> None:
    graph = build_defs(Settings(_env_file=None)).resolve_asset_graph()
    report = graph.get(REPORT_KEY)
    assert report.group_name == "marts"
    assert not report.is_materializable
    assert "report_of_area(" in (report.description or "")
    ancestors: set[dg.AssetKey] = set()
    waiting = [REPORT_KEY]
    while waiting:
        parents = graph.get(waiting.pop()).parent_keys - ancestors
        ancestors |= parents
        waiting += parents
    for key in (["portal", "crashes"], ["portal", "people"], ["portal", "wards"], ["layers", "uploaded"]):
        assert dg.AssetKey(key) in ancestors
