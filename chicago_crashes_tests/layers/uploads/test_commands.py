"""`chicago-crashes layer`: preview, add, list, replace, deactivate, activate, delete."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest
import typer.testing

from chicago_crashes import cli
from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.defs.uploads import PARTITIONS
from chicago_crashes.settings import settings
from chicago_crashes_tests.layers.uploads.conftest import Place
from chicago_crashes_tests.layers.uploads.files import feature, geojson, geopackage, square, squares

MARKUP = "[red]Zone[/red] 10"


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The place, for commands, which put what Dagster needs into the environment."""
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "to be restored")
    yield place
    settings.cache_clear()


def layer(*arguments: object, answer: str | None = None) -> str:
    """What a command printed."""
    result = typer.testing.CliRunner().invoke(cli.app, ["layer", *map(str, arguments)], input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def areas(place: Place) -> list[tuple[object, ...]]:
    return place.query("select layer, area from areas join layers using (layer_id) order by layer, position")


def files(place: Place) -> list[str]:
    return sorted(path.name for path in place.folder.iterdir())


def partitions() -> list[str]:
    with dg.DagsterInstance.get() as instance:
        return sorted(instance.get_dynamic_partitions(PARTITIONS))


def test_a_preview_stores_nothing(here: Place, tmp_path: Path) -> None:
    path = geojson(tmp_path / "map.geojson", feature(square(0), name=MARKUP), feature(square(1), name="Zone 2"))
    shown = layer("preview", path)
    assert "2 features (polygon)" in shown
    assert "label field: name; key field: name" in shown
    assert MARKUP in shown
    described = json.loads(layer("preview", path, "--json"))
    assert described["labels"] == [MARKUP, "Zone 2"]
    assert described["fields"] == [
        {"name": "name", "type": "text", "distinct": 2, "nulls": 0, "examples": [MARKUP, "Zone 2"]}
    ]
    assert (here.rows(), files(here)) == (0, [])


def test_the_life_of_a_layer(here: Place, tmp_path: Path) -> None:
    first = geojson(
        tmp_path / "My Map.geojson",
        feature(square(0), zone="Zone 10", who="a"),
        feature(square(1), zone="Zone 2", who="b"),
    )
    shown = layer("add", first, "--name", "zones", "--title", "Zones [b]", "--label-field", "zone")
    assert "The layer zones is added: version 1, 2 features, 0 repaired, 0 left out." in shown
    assert areas(here) == [("zones", "Zone 2"), ("zones", "Zone 10")]
    assert here.query("select title, source, label_field from layers") == [("Zones [b]", "My Map.geojson", "zone")]
    assert files(here) == ["zones.geojson", "zones.toml"]
    assert "zones" in layer("list")
    assert json.loads(layer("list", "--json"))[0]["title"] == "Zones [b]"

    with pytest.raises(PermanentError, match=r"layer zones already, uploaded.*layer replace zones FILE"):
        layer("add", first, "--name", "zones")

    second = geopackage(tmp_path / "next.gpkg", {"areas": squares(3)}, {"zone": ["Zone 1", "Zone 2", "Zone 3"]})
    assert "The layer zones is replaced: version 2, 3 features" in layer("replace", "zones", second)
    assert areas(here) == [("zones", "Zone 1"), ("zones", "Zone 2"), ("zones", "Zone 3")]
    assert here.query("select title, source from layers") == [("Zones [b]", "next.gpkg")]
    assert files(here) == ["zones.gpkg", "zones.toml"]

    kept = [here.query("select * from layers"), areas(here), files(here), (here.folder / "zones.toml").read_text()]
    with pytest.raises(PermanentError, match="no field “zone”"):
        layer("replace", "zones", geojson(tmp_path / "other.geojson", feature(square(), name="x")))
    assert [
        here.query("select * from layers"),
        areas(here),
        files(here),
        (here.folder / "zones.toml").read_text(),
    ] == kept

    assert "inactive" in layer("deactivate", "zones")
    assert here.query("select is_active from layers") == [(False,)]
    assert "is active" in layer("activate", "zones")
    assert here.query("select is_active from layers") == [(True,)]

    result = typer.testing.CliRunner().invoke(cli.app, ["layer", "delete", "zones"], input="n\n")
    assert (result.exit_code, areas(here)) == (1, [("zones", "Zone 1"), ("zones", "Zone 2"), ("zones", "Zone 3")])
    assert "The layer zones is deleted" in layer("delete", "zones", "--yes")
    assert (areas(here), files(here), partitions()) == ([], [], [])
    assert here.query("select count(*) from ops.layer_history where layer = 'zones'") == [(5,)]
    with pytest.raises(PermanentError, match="no uploaded layer zones"):
        layer("delete", "zones", "--yes")

    geojson(here.folder / "Zones.geojson")
    with pytest.raises(PermanentError, match=r"Zones\.geojson is to be the layer zones already"):
        layer("add", first, "--name", "zones")
    assert "is deleted" in layer("delete", "zones", "--yes"), "a file that was dropped and never loaded"
    assert files(here) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "FILE", "--name", "wards"], "the City's own layer wards"),
        (["add", "FILE", "--name", "../zones"], r"Use zones\."),
        (["add", "missing.geojson", "--name", "zones"], "missing.geojson is refused. There is no such file"),
        (["replace", "zones", "FILE"], "no layer zones to replace"),
        (["activate", "zones"], "There is no layer zones"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done(here: Place, tmp_path: Path, arguments: list[str], message: str) -> None:
    path = geojson(tmp_path / "map.geojson", feature(square(), name="a"))
    with pytest.raises(PermanentError, match=message):
        layer(*(str(path) if each == "FILE" else each for each in arguments))
    assert (areas(here), files(here)) == ([], [])


def test_the_citys_layers_cannot_be_deleted_or_replaced(here: Place, tmp_path: Path) -> None:
    path = geojson(tmp_path / "map.geojson", feature(square(), name="a"))
    with psycopg.connect(here.database_url) as connection:
        connection.execute(
            "insert into layers (layer, title, kind, shape, source, version, digest, features, repaired, left_out)"
            " values ('wards', 'Wards', 'published', 'polygon', 'p293-wvbd', 1, '', 0, 0, 0)"
        )
    for arguments, message in (
        (["delete", "wards", "--yes"], "City's own and comes back"),
        (["replace", "wards", path], "City's own and cannot be replaced"),
    ):
        with pytest.raises(PermanentError, match=message):
            layer(*arguments)
    assert here.query("select layer from layers") == [("wards",)]
