"""Command `flux doctor`: a check of each thing that a run needs, and what to do about what is missing."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from flux_pipeline.cli.console import say
from flux_pipeline.cli.system.ui import check_port
from flux_pipeline.errors import FluxError, PermanentError
from flux_pipeline.settings import Settings, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.wording import count_of

# A demo with its database, its archive and Dagster's events takes about 300 MB.
LEAST_FREE_BYTES = 1_000_000_000
NEED_DATABASE = ("schema", "dagster", "landing")


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    name: str
    text: str
    is_fine: bool = True


@click.command()
@click.option("--tenancy", is_flag=True, help="Prove on this database that no restaurant reaches another's rows.")
@click.option(
    "--database", is_flag=True, help="Diagnose the database: locks, connections, slow statements, tables, indexes."
)
def doctor(tenancy: bool, database: bool) -> None:
    """Check each thing that a run needs, and show what to do about what is missing."""
    settings = load_settings()
    if tenancy or database:
        _examine(settings, tenancy=tenancy, database=database)
        return
    findings = [Finding("settings", f"home is {settings.home}")]
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("python", _python),
        ("folders", _folders),
        ("disk", _disk),
        ("sql", _sql_files),
        ("database", _database),
        ("schema", _schema),
        ("dagster", _dagster),
        ("landing", _landing),
        ("ui port", _port),
    ]
    for name, check in checks:
        down = any(finding.name == "database" and not finding.is_fine for finding in findings)
        if down and name in NEED_DATABASE:
            findings.append(Finding(name, "not checked, because the database is down", is_fine=False))
        else:
            findings.append(_look(name, check, settings))
    for finding in findings:
        say(f"{'ok  ' if finding.is_fine else 'FAIL'}  {finding.name:<9} {finding.text}")
    wrong = [finding.name for finding in findings if not finding.is_fine]
    if wrong:
        raise PermanentError(f"{len(wrong)} of {len(findings)} things need attention: {', '.join(wrong)}.")
    say("Everything a run needs is there.")


def _examine(settings: Settings, *, tenancy: bool, database: bool) -> None:
    """Examine the database itself. The schema of a server of the user's own is never upgraded here."""
    from flux_pipeline.store.schema.ready import make_ready
    from flux_pipeline.store.schema.state import schema_state

    store = Store.connect(settings)
    try:
        if settings.database_url is None:
            make_ready(store)
        state = schema_state(store)
        if not state.is_current:
            raise PermanentError(
                f"The database's schema is {state.current or 'empty'}, this version of Flux examines only "
                f"{state.head}. Run `flux db upgrade` first."
            )
        if database:
            from flux_pipeline.cli.system._diagnosis import show_diagnosis

            show_diagnosis(store)
        if tenancy:
            from flux_pipeline.cli.system._tenancy import show_tenancy

            show_tenancy(store)
    finally:
        store.dispose()


def _look(name: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, check(settings))
    except FluxError as exc:
        return Finding(name, str(exc), is_fine=False)


def _python(_settings: Settings) -> str:
    return f"{sys.version.split()[0]} at {sys.executable}"


def _folders(settings: Settings) -> str:
    from flux_pipeline.store.uploads.archive import Archive

    for folder in (settings.home, settings.landing, settings.archive):
        if isinstance(folder, str):
            Archive(folder)  # raises if something is missing to reach such a URL
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise PermanentError(f"{folder} can't be made ({exc.strerror}); choose another with FLUX_HOME.") from exc
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermanentError(f"{folder} can't be written; change its rights, or choose another with FLUX_HOME.")
    return f"drop files into {settings.landing}; files that were read are kept in {settings.archive}"


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(_existing(settings.home)).free
    if free < LEAST_FREE_BYTES:
        raise PermanentError(f"only {free / 1e9:.1f} GB are free under {settings.home}; make room for at least 1 GB.")
    return f"{free / 1e9:,.0f} GB free"


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _sql_files(settings: Settings) -> str:
    files = sorted(settings.sql_dir.glob("*.sql"))
    if not files:
        raise PermanentError(f"{settings.sql_dir} has no SQL transformation; name the folder with FLUX_SQL_DIR.")
    return f"{count_of(len(files), 'transformation')} in {settings.sql_dir}"


def _database(settings: Settings) -> str:
    from sqlalchemy import text

    from flux_pipeline.store.schema.ready import make_ready
    from flux_pipeline.store.schema.state import schema_state

    store = Store.connect(settings)
    try:
        if settings.database_url is None:
            make_ready(store)
        elif schema_state(store).current is None:
            # A check must not change a server of the user's own.
            raise PermanentError("the server answers, but Flux is not installed on it yet: run `flux db upgrade`.")
        with store.fleet() as connection:
            version = connection.scalar(text("SHOW server_version"))
            count = connection.scalar(text("SELECT count(*) FROM restaurants"))
    finally:
        store.dispose()
    kind = "FLUX_DATABASE_URL" if settings.database_url else f"the embedded server, which {_end_of_server(settings)}"
    return f"PostgreSQL {version} ({kind}), {count_of(count, 'restaurant')}"


def _end_of_server(settings: Settings) -> str:
    from flux_pipeline.store.postgres import server

    if server.stays(settings.home):
        return "runs until `flux db stop`"
    minutes = settings.server_idle_minutes
    return f"stops {f'{minutes:g} min after' if minutes else 'with'} the last command"


def _schema(settings: Settings) -> str:
    from flux_pipeline.store.schema.state import schema_state

    state = schema_state(Store.connect(settings))
    if not state.is_current:
        raise PermanentError(
            f"the schema is {state.current or 'empty'}, but {state.head} is needed: run `flux db upgrade`."
        )
    return f"{state.current}, the newest"


def _dagster(settings: Settings) -> str:
    import dagster

    from flux_pipeline.orchestration.instance import open_instance

    with open_instance(Store.connect(settings)) as instance:
        runs = instance.get_runs_count()
    return f"{dagster.__version__}, {count_of(runs, 'run')} on record"


def _landing(settings: Settings) -> str:
    from flux_pipeline.feeds.landing import SHARED, landed_files, landed_owners
    from flux_pipeline.ingest.kinds.registry import KINDS
    from flux_pipeline.store.restaurant import list_restaurants

    with Store.connect(settings).fleet() as connection:
        owners = {SHARED, *(restaurant.slug for restaurant in list_restaurants(connection))}
    everything = [landed_files(settings.landing, owner) for owner in landed_owners(settings.landing)]
    files = [file for landed in everything for file in landed.files]
    strays = [file.shown for file in files if file.owner not in owners or file.kind not in KINDS]
    problems = [obstacle for landed in everything for obstacle in landed.obstacles]
    if strays:
        problems.append(
            f"No run loads {', '.join(strays[:5])}. Move files to {settings.landing}/<restaurant>/<kind>/. "
            f"Choose the kind from: {', '.join(KINDS)}."
        )
    if problems:
        raise PermanentError(" ".join(problems))
    return f"{count_of(len(files), 'file')} to load"


def _port(settings: Settings) -> str:
    check_port(settings.ui_port)
    return f"{settings.ui_port} is free"
