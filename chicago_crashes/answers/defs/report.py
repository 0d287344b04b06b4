"""The location report in the lineage. Nothing is stored of it: the database makes it whenever somebody asks."""

import dagster as dg

from chicago_crashes.answers.defs.facts import CRASH_FACTS_KEY, LOCATION_AREAS_KEY, MARTS, mart_key
from chicago_crashes.answers.mart_tables import CITYWIDE_DAILY
from chicago_crashes.answers.report.numbers import report_of
from chicago_crashes.orchestration.description import OWNERS
from chicago_crashes.orchestration.references import CODE_REFERENCES, links_to_code

REPORT_KEY = dg.AssetKey([MARTS, "location_report"])
DESCRIPTION = """Everything about the crashes of one place and any range of days: severity, who was hurt, causes,
months, cost, better or worse than before and than the city. The database makes it in well under a second.

```
chicago-crashes report --place ward:35 --from 2021-01-01 --to 2025-12-31
chicago-crashes report --point 41.8781,-87.6298 --radius 500ft --output report.html
chicago-crashes report --polygon corridor.geojson --format json
```

```sql
select report_of_area('wards', '35', '2021-01-01', '2025-12-31');
select report_of_point(41.8781, -87.6298, 500, '2021-01-01', '2025-12-31');
select report_of_polygon(ST_GeomFromGeoJSON('{...}'), '2021-01-01', '2025-12-31');
select * from report_crashes_of_area('wards', '35', '2021-01-01', '2025-12-31');
```
"""


def location_report_asset() -> dg.AssetSpec:
    """What the report is made from, so that the lineage leads from the portal to the page."""
    return dg.AssetSpec(
        REPORT_KEY,
        deps=[CRASH_FACTS_KEY, LOCATION_AREAS_KEY, mart_key(CITYWIDE_DAILY)],
        group_name=MARTS,
        kinds={"postgres", "sql"},
        owners=OWNERS,
        description=DESCRIPTION,
        metadata={CODE_REFERENCES: links_to_code(report_of)},
    )
