"""Command `flux db`: the database's URL, schema and backups, and the start and stop of the embedded server."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from flux_pipeline.cli.console import confirm, note, progress, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.wording import count_of

ROLES = {"app": Role.APP, "fleet": Role.FLEET, "owner": Role.OWNER}
AUDIT_TABLES = {"audit_logs", "operator_logs"}


@click.group()
def db() -> None:
    """Manage the database: its URL, its schema, its backups, and the embedded server."""


@db.command()
@click.option(
    "--role",
    type=click.Choice(list(ROLES)),
    default="fleet",
    show_default=True,
    help="app: one restaurant's rows at a time (set app.restaurant_id); fleet: reads all; owner: the schema.",
)
def url(role: str) -> None:
    """Print the database's URL, for psql and for programs. An embedded server then runs until `flux db stop`."""
    with ready_store(stay=True) as store:
        say(store.url(ROLES[role], driver=None).render_as_string(hide_password=False))


@db.command()
def upgrade() -> None:
    """Create missing roles and databases, and bring the schema up to date."""
    from flux_pipeline.store.schema.migrate import upgrade as upgrade_schema
    from flux_pipeline.store.schema.state import schema_state

    with _store_without_upgrade() as store:
        before = upgrade_schema(store)
        after = schema_state(store)
    say(
        f"The schema is {after.current}; there was nothing to do."
        if before.is_current
        else f"The schema went from {before.current or 'nothing'} to {after.current}."
    )


@db.command()
def current() -> None:
    """Show the schema's revision and what is pending; change nothing."""
    from flux_pipeline.store.schema.migrate import list_revisions

    with _store_without_upgrade() as store:
        revisions = list_revisions(store)
    now = next((each.name for each in revisions if each.is_current), "nothing")
    pending = [each for each in revisions if not each.is_applied]
    if not pending:
        say(f"The schema is {now}, the newest.")
        return
    say(f"The schema is {now}; the newest is {revisions[-1].name}. `flux db upgrade` would run:")
    for each in pending:
        say(f"  {each.name}: {each.summary}")


@db.command()
def history() -> None:
    """List every revision, with a mark at the current one."""
    from flux_pipeline.store.schema.migrate import list_revisions

    with _store_without_upgrade() as store:
        revisions = list_revisions(store)
    rows = [("->" if each.is_current else "", each.name, each.summary) for each in reversed(revisions)]
    show_table("Revisions", ["", "revision", "what it does"], rows)


# Without this, click would take the revision "-1" for an option.
@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def downgrade(revision: str, yes: bool) -> None:
    """Take the schema back to REVISION.

    REVISION is -1 for one step, a revision of `flux db history` or its first characters, or base for an empty schema.
    What the later revisions created is dropped with all its rows. Make a backup first.
    """
    from flux_pipeline.store.schema.migrate import downgrade as downgrade_schema
    from flux_pipeline.store.schema.migrate import plan_downgrade

    with _store_without_upgrade() as store:
        plan = plan_downgrade(store, revision)
        if not plan.undone:
            say(f"The schema is {plan.current or 'empty'}; there was nothing to do.")
            return
        show_table(
            f"Going back from {plan.current} to {plan.target} drops",
            ["table", "rows"],
            [*plan.tables, ("all", sum(rows for _, rows in plan.tables))] if plan.tables else [("no table", None)],
            right=["rows"],
        )
        if plan.columns:
            say(f"and the columns {', '.join(plan.columns)}")
        gone = {name for name, _ in plan.tables}
        if "reader_logins" in gone:
            say(
                "Logins of BI tools may still connect and read nothing, even after an upgrade. Add each again with "
                "`flux readers add`."
            )
        logs = ", and with it the audit log of who changed what," if gone & AUDIT_TABLES else ""
        if not yes:
            _confirm(f"Drop this{logs} from {store.admin_url.database}?")
        downgrade_schema(store, plan)
    say(f"The schema went from {plan.current} to {plan.target}.")
    if store.settings.database_url is None:
        say("The next command that uses the embedded database brings it up to date again.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def backup(file: Path, force: bool) -> None:
    """Write the whole database into one file.

    The pipeline may run meanwhile. The file contains the row count and checksum of each table, with which `flux db
    restore` compares. It does not contain the archive of files and Dagster's history.
    """
    from flux_pipeline.store.backup.backup import back_up

    began = time.monotonic()
    with _store_without_upgrade() as store, progress() as report:
        written = back_up(store, file, report, overwrite=force)
    tables = written.manifest.tables
    show_table(f"Backup {file}", ["table", "rows"], [(each.name, each.rows) for each in tables], right=["rows"])
    rows = sum(each.rows for each in tables)
    seconds = time.monotonic() - began
    say(f"{count_of(len(tables), 'table')}, {count_of(rows, 'row')}, {written.size / 1e6:,.1f} MB, {seconds:.1f} s.")
    say(f"Schema {written.manifest.schema_revision}, PostgreSQL {written.manifest.server_version}.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put a backup into an empty database.

    The database need not exist yet. All of FILE is restored or nothing; then every table is compared with the backup.
    """
    from flux_pipeline.store.backup.restore import restore as restore_database
    from flux_pipeline.store.schema.state import schema_state

    began = time.monotonic()
    with _store_without_upgrade() as store:
        with progress() as report:
            restored = restore_database(store, file, report)
        state = schema_state(store)
    differences = restored.differences
    now = {each.name: each.rows for each in restored.tables}
    was = {each.name: each.rows for each in restored.manifest.tables}
    show_table(
        f"Restored {file} of {restored.manifest.created_at}",
        ["table", "backed up", "restored", ""],
        [
            (name, was.get(name), now.get(name), "DIFFERS" if name in differences else "same")
            for name in dict.fromkeys([*was, *now])
        ],
        right=["backed up", "restored"],
    )
    if differences:
        raise PermanentError(
            f"{len(differences)} tables differ from the backup: {', '.join(differences)}. Do not use this database: "
            "make sure that nothing else writes to it, empty it, and restore again."
        )
    counts = f"{count_of(len(now), 'table')}, {count_of(sum(now.values()), 'row')}"
    say(f"{counts}, each as backed up; {time.monotonic() - began:.1f} s.")
    if restored.left_out:
        say(f"Left out, because only an administrator can create it: {', '.join(restored.left_out)}.")
    if not state.is_current:
        say(f"The schema is {state.current}, but this version of Flux needs {state.head}. Run `flux db upgrade`.")
    if restored.shut_out:
        count = len(restored.shut_out)
        say(f"{count_of(count, 'login')} of BI tools can't connect here yet:")
        for reader in restored.shut_out:
            say(f"  flux readers add {reader.login} {' '.join(f'--restaurant {slug}' for slug in reader.slugs)}")


@db.command()
def start() -> None:
    """Start the embedded server and leave it running until `flux db stop`."""
    if load_settings().database_url is not None:
        note("FLUX_DATABASE_URL names a server of your own, so there is no embedded server to start.")
        return
    with ready_store(stay=True):
        say("The embedded server is running. Stop it with `flux db stop`.")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from flux_pipeline.store.postgres import server

    say("Stopped." if server.stop(load_settings().home) else "It was not running.")


@contextlib.contextmanager
def _store_without_upgrade() -> Iterator[Store]:
    """Open the store of the settings without upgrading its schema."""
    store = Store.connect(load_settings())
    try:
        yield store
    finally:
        store.dispose()


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise PermanentError(
            f"{question} There is no terminal to ask at, so nothing was changed. Add --yes to go ahead."
        )
    confirm(question)
