"""`chicago-crashes layer list` and `layer refresh`: what they show, and that their exit status tells the truth."""

import json
from datetime import date
from pathlib import Path

from chicago_crashes.stand_in.faults import Fault
from chicago_crashes.stand_in.serve import serving
from chicago_crashes.stand_in.store import PortalStore
from chicago_crashes.stand_in.synthetic.layers import offer_layers
from chicago_crashes_tests.cli.running import run, settings_for


def test_layers_are_refreshed_and_listed(database_url: str, tmp_path: Path) -> None:
    store = PortalStore()
    offer_layers(store)
    with serving(store) as portal:
        environment = settings_for(database_url, portal.url, tmp_path / "raw", date(2024, 1, 1))
        environment["CRASHES_RETRY_SECONDS"] = "0"
        none = run(environment, "layer", "list")
        assert (none.status, none.errors) == (0, "")
        assert "There are no layers yet. `chicago-crashes layer refresh` brings the City's." in none.output

        refreshed = run(environment, "layer", "refresh", "beat", "schools")
        assert (refreshed.status, refreshed.errors) == (0, "")
        assert "police_beats: 3100 came in 3 parts" in refreshed.output
        assert "4 of 4" in refreshed.output

        portal.faults.append(Fault(None, dataset_id="p293-wvbd", status=404, body=b"{}"))
        failed = run(environment, "layer", "refresh", "wards", "districts")
        assert failed.status == 1
        assert "no layer called 'districts'" in failed.errors
        failed = run(environment, "layer", "refresh", "wards", "district")
        assert failed.status == 1
        assert "layers/wards" in failed.errors
        assert "The portal has no dataset p293-wvbd" in failed.errors

    listed = run(environment, "layer", "list", "--json")
    assert listed.status == 0
    assert [(layer["name"], layer["features"], layer["version"]) for layer in json.loads(listed.output)] == [
        ("police_beats", 275, 1),
        ("police_districts", 23, 1),
        ("schools", 42, 1),
    ]
