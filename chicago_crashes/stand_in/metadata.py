"""What `/api/views` says of a dataset: its columns and its times, but no honest row count."""

from chicago_crashes.stand_in.datasets import Dataset, PublishedColumn, SodaType

NAMES = {SodaType.FLOATING: "calendar_date", SodaType.BOOLEAN: "checkbox"}
"""Types that the metadata calls otherwise than the rows do."""

CREATED_AT = 1_441_125_000
FIRST_COLUMN_ID = 600_000_000


def describe(dataset: Dataset) -> dict[str, object]:
    """The metadata of a dataset; computed regions come after its columns."""
    columns = [_column(column, position) for position, column in enumerate(dataset.columns, 1)]
    regions = [
        _region(name, source, position)
        for position, (name, source) in enumerate(dataset.regions.items(), len(columns) + 1)
    ]
    modified = int(dataset.modified_at.timestamp())
    return {
        "id": dataset.id,
        "name": dataset.title,
        "assetType": "dataset",
        "description": dataset.description,
        "createdAt": CREATED_AT,
        "publicationDate": CREATED_AT,
        "rowsUpdatedAt": modified,
        "viewLastModified": modified,
        "viewType": "tabular",
        "columns": columns + regions,
    }


def _column(column: PublishedColumn, position: int) -> dict[str, object]:
    kind = NAMES.get(column.type, column.type.value)
    described = {
        "id": FIRST_COLUMN_ID + position,
        "name": column.header,
        "dataTypeName": kind,
        "description": column.description,
        "fieldName": column.name,
        "position": position,
        "renderTypeName": kind,
        "tableColumnId": FIRST_COLUMN_ID // 10 + position,
        "cachedContents": dict(column.profile),
        "format": {},
    }
    return {name: value for name, value in described.items() if value or name == "format"}


def _region(name: str, source: str, position: int) -> dict[str, object]:
    return {
        "id": FIRST_COLUMN_ID + position,
        "name": "Boundaries - ZIP Codes",
        "dataTypeName": "number",
        "fieldName": name,
        "position": position,
        "renderTypeName": "number",
        "tableColumnId": FIRST_COLUMN_ID // 10 + position,
        "computationStrategy": {
            "source_columns": [source],
            "type": "georegion_match_on_point",
            "parameters": {"region": f"_{name.rpartition('_')[2]}", "primary_key": "_feature_id"},
        },
        "format": {},
    }
