"""Every setting of the platform, read from the environment (or the `.env` file beside it)."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The `CRASHES_*` environment variables; the README lists them with their meaning."""

    model_config = SettingsConfigDict(
        env_prefix="CRASHES_", env_file=PROJECT_ROOT / ".env", extra="ignore", frozen=True
    )

    database_url: SecretStr | None = Field(
        None,
        description="PostGIS to use (`postgresql://…`). Unset: a private cluster under `.local/`, started on demand.",
    )
    portal_url: str = Field("https://data.cityofchicago.org", description="Base URL of the portal.")
    app_token: SecretStr | None = Field(None, description="SODA app token; sent as a header, never logged.")
    raw_url: str = Field("data/raw", description="Where the raw lake is: a local path or an `s3://` URL.")
    layers_folder: str = Field("data/layers", description="Where people drop layers of their own.")
    requests_per_hour: int = Field(1000, gt=0, description="Ceiling of portal requests, shared by all processes.")
    start_date: date = Field(date(2013, 3, 3), description="The first day partition.")
    days_per_run: int = Field(200, gt=0, description="How many consecutive days a backfill puts into one run.")
    schedules_on: bool = Field(False, description="Whether the change sensor and the schedules start by themselves.")
    poll_seconds: int = Field(3600, gt=0, description="How often the change sensor asks the portal what changed.")
    retry_seconds: int = Field(30, ge=0, description="How long Dagster waits before it runs a failed step again.")
    keep_run_logs_days: int = Field(90, gt=0, description="How many days Dagster keeps the log lines of ended runs.")
    log_format: Literal["text", "json"] = Field("text", description="How log lines look: text, or JSON for programs.")
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        None, description="The least that is logged. Unset: errors in commands, warnings in Dagster's processes."
    )
    alert_urls: str = Field(
        "", repr=False, description="Where alerts go: Apprise URLs, separated by commas or spaces. Empty: log only."
    )
    ui_url: str = Field("http://localhost:3000", description="Where people reach Dagster's UI; alerts link to it.")
    code_url: str = Field(
        "",
        description="Where this code can be read (`https://…/blob/main`). Empty: the UI links to files of the machine.",
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
