"""Settings of a process: paths, connections and names, read from the environment (FLUX_... or a `.env` file).

This is the only module that reads the environment. Settings of a restaurant are stored in the database
(`restaurant_settings`), not here.
"""

import base64
import getpass
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from flux_pipeline.errors import PermanentError

PACKAGE_DIR = Path(__file__).resolve().parent
PROJECT_DIR = PACKAGE_DIR.parent
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def shipped_dir(name: str) -> Path:
    """Return the folder `name` that is shipped with Flux: inside an installed package, beside it in a checkout."""
    installed = PACKAGE_DIR / "shipped" / name
    return installed if installed.is_dir() else PROJECT_DIR / name


def project_home(start: Path) -> Path:
    """Return the `.flux` folder for `start`: that of the nearest parent folder that has one or is a Flux checkout."""
    for folder in (start, *start.parents):
        if (folder / ".flux").is_dir() or (folder / "workspace.yaml").is_file():
            return folder / ".flux"
    return start / ".flux"


def login_name() -> str:
    """Return the name of the login that runs this process, or its number if the machine has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


class Settings(BaseSettings):
    """The settings of one process, frozen. Each field can be set as FLUX_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="FLUX_", env_ignore_empty=True, frozen=True, extra="ignore", validate_default=True
    )

    home: Path = Field(
        default_factory=lambda: project_home(Path.cwd()), description="the folder of everything Flux keeps on disk"
    )
    database_url: SecretStr | None = Field(
        None,
        description="a PostgreSQL server (16 or newer), as postgresql://login:password@host:5432/flux, whose login may "
        "create roles and databases; without it Flux runs its own under FLUX_HOME",
    )
    server_idle_minutes: float = Field(
        10,
        ge=0,
        le=1440,
        description="how long the server under FLUX_HOME runs on after the last command that uses it; 0: not at all",
    )
    landing_dir: Path | None = Field(None, description="where people drop files; default: landing/ under FLUX_HOME")
    archive_dir: Path | str | None = Field(
        None,
        description="where read files are kept: a folder, or a URL that fsspec knows, such as s3://bucket/prefix; "
        "default: archive/ under FLUX_HOME",
    )
    sql_dir: Path = Field(shipped_dir("dbt_like_sql"), description="the folder of the SQL transformations")
    migrations_dir: Path = Field(shipped_dir("alembic"), description="the folder of the Alembic migrations")
    landing_quiet_seconds: float = Field(
        2.0, ge=0, le=600, description="a dropped file is loaded once nobody has written to it for this long"
    )
    actor: str = Field(
        default_factory=login_name,
        min_length=1,
        description="the name that `audit_logs` records for acts; default: the login's",
    )
    ui_port: int = Field(3000, ge=1, le=65535, description="the port of Dagster's web UI")
    ui_public_url: str | None = Field(None, description="the address at which a proxy serves Dagster's web UI")
    alert_webhook_url: SecretStr | None = Field(
        None, description="where each alert is sent as a signed JSON message, as https://host/path"
    )
    alert_webhook_secret: SecretStr | None = Field(
        None, description="the key of the signature: 24 to 64 random bytes in base64, with or without whsec_ before"
    )
    alert_email_to: str | None = Field(None, description="who gets each alert by mail: addresses, between commas")
    alert_email_from: str | None = Field(
        None, description="the sender of these mails; default: the first of FLUX_ALERT_EMAIL_TO"
    )
    smtp_url: SecretStr | None = Field(
        None, description="the mail server, as smtp://login:password@host:587 or smtps://login:password@host:465"
    )
    weather_forecast_url: str = Field(
        "https://api.open-meteo.com",
        description="where weather forecasts come from: Open-Meteo or a compatible service",
    )
    weather_archive_url: str = Field("https://archive-api.open-meteo.com", description="where past weather comes from")
    weather_previous_runs_url: str = Field(
        "https://previous-runs-api.open-meteo.com", description="where the forecasts of earlier days come from"
    )
    weather_api_key: SecretStr | None = Field(
        None, description="the key of the weather service; Open-Meteo's paying customers set its addresses too"
    )
    ticketmaster_url: str = Field("https://app.ticketmaster.com", description="where Ticketmaster's events come from")
    ticketmaster_api_key: SecretStr | None = Field(None, description="the key of Ticketmaster's Discovery API")
    predicthq_url: str = Field("https://api.predicthq.com", description="where PredictHQ's events come from")
    predicthq_token: SecretStr | None = Field(None, description="the access token of PredictHQ's API")
    feed_timeout_seconds: float = Field(
        10, gt=0, le=300, description="how long a service may take to connect, and then for each piece of its answer"
    )
    feed_calls_per_minute: int = Field(300, ge=1, le=100_000, description="the most calls to one service in a minute")
    pool_size: int = Field(5, ge=1, le=100, description="database connections that a process keeps open per role")
    pool_max_overflow: int = Field(10, ge=0, le=100, description="further connections that it may open under load")
    pool_recycle_seconds: int = Field(3600, ge=1, description="the age at which a connection is renewed")
    database_prepared_statements: bool = Field(
        True, description="off behind a pooler in transaction mode that does not track prepared statements"
    )

    dagster_url: SecretStr | None = Field(
        None, description="the database of Dagster; Flux sets it for the processes that it starts"
    )

    @field_validator("home", "sql_dir", "migrations_dir", "landing_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else value

    @field_validator("archive_dir")
    @classmethod
    def _folder_or_url(cls, value: Path | str | None) -> Path | str | None:
        if not isinstance(value, str) or "://" not in value:
            return Path(value).expanduser().absolute() if value else None
        url = urlsplit(value)
        if url.scheme == "file":
            return Path(unquote(url.path)).absolute()
        if url.password:
            raise ValueError("expected no password in the URL; fsspec takes it from its own variables or files")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        try:
            url = make_url(value.get_secret_value())
        except ArgumentError:
            raise ValueError("expected postgresql://login:password@host:5432/database") from None
        if url.get_backend_name() != "postgresql" or not url.database or not url.username:
            raise ValueError("expected postgresql://login:password@host:5432/database, with a login and a database")
        return value

    @field_validator("alert_webhook_url")
    @classmethod
    def _is_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        return _checked(value, ("http", "https"), "https://host/path")

    @field_validator(
        "weather_forecast_url", "weather_archive_url", "weather_previous_runs_url", "ticketmaster_url", "predicthq_url"
    )
    @classmethod
    def _is_service(cls, value: str) -> str:
        _checked(SecretStr(value), ("http", "https"), "https://host")
        return value.rstrip("/")

    @field_validator("alert_webhook_secret")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            if info.data.get("alert_webhook_url"):
                raise ValueError("expected the key of the signature; `openssl rand -base64 32` prints one")
            return value
        try:
            size = len(signing_key(value))
        except ValueError:
            size = 0
        if not 24 <= size <= 64:
            raise ValueError("expected 24 to 64 random bytes in base64; `openssl rand -base64 32` prints such a key")
        return value

    @field_validator("alert_email_to", "alert_email_from")
    @classmethod
    def _are_addresses(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        is_one = info.field_name == "alert_email_from"
        addresses = [each.strip() for each in ([value] if is_one else value.split(","))]
        if not all(EMAIL.fullmatch(each) for each in addresses):
            raise ValueError(f"expected {'an address' if is_one else 'addresses'} like kim@bistro.example")
        return ",".join(addresses)

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("alert_email_to"):
            raise ValueError("expected the mail server, as smtp://login:password@host:587")
        return _checked(value, ("smtp", "smtps"), "smtp://login:password@host:587")

    @property
    def landing(self) -> Path:
        """The landing folder: <restaurant>/<kind>/ holds a restaurant's files, shared/<kind>/ weather and events."""
        return self.landing_dir or self.home / "landing"

    @property
    def archive(self) -> Path | str:
        """The archive, a folder or an fsspec URL: every file that was read, named by the hash of its content."""
        return self.archive_dir or self.home / "archive"

    @property
    def pictures(self) -> Path:
        """The folder of the pictures that runs have drawn: <restaurant>/<algorithm run>/<picture>.png."""
        return self.home / "pictures"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder."""
        return self.home / "dagster"

    def keep_drawing_cache(self) -> None:
        """Let matplotlib keep its list of fonts in the home of Flux instead of the login's home.

        Call it before matplotlib is first imported. A folder that MPLCONFIGDIR already names is kept.
        """
        os.environ.setdefault("MPLCONFIGDIR", str(self.home / "cache" / "matplotlib"))

    def environment(self) -> dict[str, str]:
        """Return the environment variables that give a child process the same settings."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "dagster_url"}
        shown = {
            name: each.get_secret_value() if isinstance(each, SecretStr) else each for name, each in values.items()
        }
        return {f"FLUX_{name.upper()}": str(value) for name, value in shown.items() if value is not None}


def signing_key(secret: SecretStr) -> bytes:
    """Return the bytes of the webhook's key; raise ValueError if it is not base64."""
    return base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)


def _checked(value: SecretStr | None, schemes: tuple[str, ...], expected: str) -> SecretStr | None:
    """Raise ValueError, which must not quote the value, for a URL of another scheme or without a host."""
    if value is None:
        return value
    try:
        url = urlsplit(value.get_secret_value())
        is_one = url.scheme in schemes and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        is_one = False
    if not is_one:
        raise ValueError(f"expected {expected}; write / : @ # and % in a password as %2F %3A %40 %23 and %25")
    return value


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and the `.env` file beside the home.

    Raises:
        PermanentError: a value is out of bounds or has the wrong form; one sentence names all of them.
    """
    # The .env file belongs to the home, so commands that use the same home have the same settings in every folder.
    home = overrides.get("home") or os.environ.get("FLUX_HOME") or project_home(Path.cwd())
    try:
        return Settings(_env_file=Path(home).expanduser().absolute().parent / ".env", **overrides)
    except ValidationError as exc:
        found = "; ".join(
            f"FLUX_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in exc.errors()
        )
        raise PermanentError(f"A setting is wrong. {found}. Correct the environment or the .env file.") from None
