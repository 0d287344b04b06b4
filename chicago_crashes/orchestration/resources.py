"""What assets and checks need from outside: the portal, the database, the raw lake, with the settings of each.

What is secret is a field that Dagster does not take for configuration: its UI shows no value of it, and no
representation does either.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg
import psycopg
from pydantic import SecretStr

from chicago_crashes.alerts.causes import record_refused_token, resolve_refused_token
from chicago_crashes.alerts.recording import record_safely
from chicago_crashes.soda.ceiling import postgres_ceiling
from chicago_crashes.soda.client import Portal
from chicago_crashes.storage.lake import Lake
from chicago_crashes.storage.private_cluster.cluster import url_of

logger = logging.getLogger(__name__)


class PostgisResource(dg.ConfigurableResource[None]):
    """The database of `CRASHES_DATABASE_URL`, or the private cluster."""

    database_url: dg.ResourceDependency[SecretStr | None]

    def url(self) -> str:
        """The database's URL, password included."""
        return url_of(self.database_url)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """A connection that commits what its transactions commit."""
        with psycopg.connect(self.url(), autocommit=True, application_name="chicago-crashes") as connection:
            yield connection


class SodaResource(dg.ConfigurableResource[None]):
    """The portal of `CRASHES_PORTAL_URL`, asked at most `CRASHES_REQUESTS_PER_HOUR` times an hour by all processes."""

    postgis: dg.ResourceDependency[PostgisResource]
    portal_url: str
    requests_per_hour: int
    app_token: dg.ResourceDependency[SecretStr | None]

    @contextmanager
    def portal(self) -> Iterator[Portal]:
        """A client of the portal."""
        token = self.app_token.get_secret_value() if self.app_token else None
        ceiling = postgres_ceiling(self.postgis.url(), self.requests_per_hour)
        refusals: list[str] = []

        def on_alert(message: str) -> None:
            refusals.append(message)
            logger.error(message)
            self._keep(lambda connection: record_refused_token(connection, message))

        with Portal(self.portal_url, app_token=token, ceiling=ceiling, on_alert=on_alert) as portal:
            yield portal
            if token and portal.requests_made and not refusals:
                self._keep(resolve_refused_token)

    def _keep(self, what: Callable[[psycopg.Connection], None]) -> None:
        def connected() -> None:
            with self.postgis.connect() as connection:
                what(connection)

        record_safely(connected)


class LakeResource(dg.ConfigurableResource[None]):
    """The raw lake of `CRASHES_RAW_URL`."""

    raw_url: str

    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.raw_url)
