"""How the portal says no: its two envelopes, the query engine's and the front end's."""

from collections.abc import Mapping

from chicago_crashes.stand_in.soql import MALFORMED, SoqlError


class RefusalError(Exception):
    """A request that gets no rows, but this status and this envelope."""

    def __init__(self, status: int, envelope: Mapping[str, object]) -> None:
        super().__init__(status, envelope)
        self.status = status
        self.envelope = envelope


def engine(status: int, code: str, said: str, data: Mapping[str, object] | None = None) -> RefusalError:
    """A refusal of the query engine: the code is called `errorCode`."""
    return RefusalError(status, {"message": said, "errorCode": code, "data": dict(data or {})})


def front_end(status: int, code: str, said: str, data: Mapping[str, object] | None = None) -> RefusalError:
    """A refusal of what stands before the engine: the code is called `code`."""
    envelope: dict[str, object] = {"code": code, "error": True, "message": said}
    return RefusalError(status, envelope | ({"data": dict(data)} if data else {}))


def missing(dataset_id: str) -> RefusalError:
    """There is no such dataset."""
    return front_end(404, "dataset.missing", "Not found", {"id": dataset_id})


def of_query(error: SoqlError, dataset_id: str) -> RefusalError:
    """What the portal answers to a query that does not parse, or does not fit the dataset."""
    before = error.text[: error.position]
    row = before.count("\n") + 1
    column = error.position - (before.rfind("\n") + 1) + 1
    if error.code == MALFORMED:
        said = f'Could not parse SoQL query "{error.text}" at line {row} character {column}: {error.said}'
        return front_end(400, error.code, said, {"query": error.text})
    line = error.text.splitlines()[row - 1] if error.text else ""
    position = {"row": row, "column": column, "line": line}
    said = (
        f"Query coordinator error: {error.code}; {error.said}; "
        f'position: Map(row -> {row}, column -> {column}, line -> "{line}")'
    )
    return engine(400, error.code, said, {**error.data, "dataset": dataset_id, "position": position})
