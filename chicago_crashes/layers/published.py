"""The layers the City publishes: one declaration each, with the ids that answer and the names that fields have had.

People quote the ids of map views; those return nothing. The ids here are those of the datasets behind them. The City
names a layer's fields differently from one export to the next, so each declaration knows several names of its key and
its label, the most official first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Layer, LayerKind, Shape

Fields = tuple[str, ...]
"""Published fields whose values, side by side, make up a key or a label."""


@dataclass(frozen=True, slots=True)
class PublishedLayer:
    """One layer of the portal.

    `singular` are the words people use for one of its features, as in `ward:35`. `keys` and `labels` are the fields to
    take them from: the first that the dataset has; without `labels`, features are called by their keys. `key_digits` is
    how many digits a key is filled up to with zeros. `expected` is how few and how many features it should have, where
    that is known. `map_views` are ids that look like the layer's and return nothing. A layer that `divides_the_city`
    has areas that do not overlap.
    """

    name: str
    singular: tuple[str, ...]
    title: str
    description: str
    dataset_id: str
    shape: Shape
    keys: tuple[Fields, ...]
    labels: tuple[Fields, ...] = ()
    key_digits: int = 0
    expected: tuple[int, int] | None = None
    divides_the_city: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    map_views: tuple[str, ...] = ()

    def layer(self, label_field: str | None) -> Layer:
        """The layer as it is stored, labelled by the field that was found."""
        return Layer(
            self.name,
            self.title,
            LayerKind.PUBLISHED,
            self.shape,
            self.dataset_id,
            label_field,
            self.valid_from,
            self.valid_to,
        )

    def normal_key(self, text: str) -> str:
        """A key as it is stored: `35` for `35.0`, `0111` for beat `111`."""
        whole = re.fullmatch(r"(\d+)(\.0*)?", text.strip())
        return whole[1].zfill(self.key_digits) if whole else text.strip()


_division = partial(PublishedLayer, shape=Shape.POLYGON, divides_the_city=True)
"""A layer of areas that divide the city among them."""

WARDS = _division(
    name="wards",
    singular=("ward",),
    title="Wards (from 2023)",
    description="The 50 wards, each of which elects an alderman; boundaries in force since 15 May 2023.",
    dataset_id="p293-wvbd",
    keys=(("ward",), ("ward_id",)),
    expected=(50, 50),
    valid_from=date(2023, 5, 15),
)

WARDS_2015 = _division(
    name="wards_2015",
    singular=("ward_2015",),
    title="Wards (2015 to 2023)",
    description="The 50 wards as they were from 18 May 2015 to 14 May 2023.",
    dataset_id="k9yb-bpqx",
    keys=(("ward",), ("ward_id",)),
    expected=(50, 50),
    valid_from=date(2015, 5, 18),
    valid_to=date(2023, 5, 14),
    map_views=("sp34-6z76",),
)

COMMUNITY_AREAS = _division(
    name="community_areas",
    singular=("community_area", "community"),
    title="Community areas",
    description="The 77 community areas, whose boundaries have hardly changed since the 1920s.",
    dataset_id="igwz-8jzy",
    keys=(("area_numbe",), ("area_number",), ("area_num_1",)),
    labels=(("community",),),
    expected=(77, 77),
    map_views=("cauq-8yn6",),
)

POLICE_BEATS = _division(
    name="police_beats",
    singular=("police_beat", "beat"),
    title="Police beats",
    description="The police beats in force since December 2012. Beat 3100, around enclaves that are not the City's, is "
    "published in three parts, which are one area here.",
    dataset_id="n9it-hstw",
    keys=(("beat_num",),),
    key_digits=4,
    expected=(275, 275),
    map_views=("aerh-rz74",),
)

POLICE_DISTRICTS = _division(
    name="police_districts",
    singular=("police_district", "district"),
    title="Police districts",
    description="The police districts in force since December 2012: 22, and 31 around enclaves that are not the "
    "City's, where it is published along.",
    dataset_id="24zt-jpfn",
    keys=(("dist_num",),),
    labels=(("dist_label",), ("dist_num",)),
    expected=(22, 23),
    map_views=("fthy-xz3r",),
)

NEIGHBORHOODS = _division(
    name="neighborhoods",
    singular=("neighborhood", "neighbourhood"),
    title="Neighborhoods",
    description="98 neighborhoods by the names people use. The City's tourism office drew them; they are not official.",
    dataset_id="y6yq-dbs2",
    keys=(("pri_neigh",),),
    expected=(98, 98),
    map_views=("bbvz-uum9",),
)

ZIP_CODES = _division(
    name="zip_codes",
    singular=("zip_code", "zip"),
    title="ZIP codes",
    description="The areas that ZIP codes roughly cover; the postal service itself knows routes, not areas.",
    dataset_id="unjd-c2ca",
    keys=(("zip",), ("zip_code",)),
    key_digits=5,
    map_views=("gdcf-axmw",),
)

CENSUS_TRACTS = _division(
    name="census_tracts",
    singular=("census_tract", "tract"),
    title="Census tracts (2020)",
    description="The tracts of the 2020 census, for which the Census Bureau publishes population and income.",
    dataset_id="7qjk-677h",
    keys=(("geoid",), ("geoid20",), ("geoid_20",), ("geoid10",)),
)

CITY_BOUNDARY = PublishedLayer(
    name="city_boundary",
    singular=("city",),
    title="City boundary",
    description="The outline of the City of Chicago.",
    dataset_id="qqq8-j68g",
    shape=Shape.POLYGON,
    keys=(("name",), ("objectid",)),
    expected=(1, 1),
)

STREET_CENTER_LINES = PublishedLayer(
    name="street_center_lines",
    singular=("street_segment",),
    title="Street center lines",
    description="Every street, segment by segment from crossing to crossing, with its addresses, class and nodes. Two "
    "segments have been published without a line for years.",
    dataset_id="pr57-gg9e",
    shape=Shape.LINE,
    keys=(("objectid",), ("trans_id",)),
    labels=(("pre_dir", "street_nam", "street_typ", "suf_dir"),),
    map_views=("6imu-meau",),
)

SPEED_CAMERAS = PublishedLayer(
    name="speed_cameras",
    singular=("speed_camera",),
    title="Speed cameras",
    description="Where cameras enforce the speed limit in children's safety zones, and since when.",
    dataset_id="4i42-qv3h",
    shape=Shape.POINT,
    keys=(("location_id",), ("id",), ("address",)),
    labels=(("address",),),
)

RED_LIGHT_CAMERAS = PublishedLayer(
    name="red_light_cameras",
    singular=("red_light_camera",),
    title="Red-light cameras",
    description="The intersections where cameras enforce red lights, which approaches, and since when.",
    dataset_id="thvf-6diy",
    shape=Shape.POINT,
    keys=(("intersection",),),
)

BIKE_ROUTES = PublishedLayer(
    name="bike_routes",
    singular=("bike_route",),
    title="Bike routes",
    description="Bike lanes and other routes with their kind. The City does not say when one was installed.",
    dataset_id="hvv9-38ut",
    shape=Shape.LINE,
    keys=(("objectid",), ("street", "f_street", "t_street", "displayrou")),
    labels=(("street",), ("st_name",)),
)

SCHOOLS = PublishedLayer(
    name="schools",
    singular=("school",),
    title="Public schools (school year 2025/26)",
    description="The schools of Chicago Public Schools in the school year 2025/26. They get a new dataset, with a new "
    "id, every school year: this one is not updated after it.",
    dataset_id="pb6d-zzuh",
    shape=Shape.POINT,
    keys=(("school_id",),),
    labels=(("short_name",), ("school_nm",), ("long_name",)),
)

PUBLISHED_LAYERS: tuple[PublishedLayer, ...] = (
    WARDS,
    WARDS_2015,
    COMMUNITY_AREAS,
    POLICE_BEATS,
    POLICE_DISTRICTS,
    NEIGHBORHOODS,
    ZIP_CODES,
    CENSUS_TRACTS,
    CITY_BOUNDARY,
    STREET_CENTER_LINES,
    SPEED_CAMERAS,
    RED_LIGHT_CAMERAS,
    BIKE_ROUTES,
    SCHOOLS,
)


def published_layer_named(word: str) -> PublishedLayer:
    """The layer of this name, or the one whose features are called so: `wards`, `ward`, `beat`.

    Raises:
        PermanentError: there is no such layer; the message lists the ones there are.
    """
    wanted = word.strip().lower()
    for layer in PUBLISHED_LAYERS:
        if wanted == layer.name or wanted in layer.singular:
            return layer
    known = ", ".join(layer.name for layer in PUBLISHED_LAYERS)
    raise PermanentError(f"The City publishes no layer called {word!r}. Its layers are: {known}.")


def published_layers_named(words: Iterable[str]) -> tuple[PublishedLayer, ...]:
    """The layers called so, each once, or all of them if there is no word."""
    return tuple(dict.fromkeys(map(published_layer_named, words))) or PUBLISHED_LAYERS
