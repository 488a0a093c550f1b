"""`flux db`: where the database is, its schema, and the embedded server's life."""

import click

from flux_pipeline.cli.console import note, ready_store, say
from flux_pipeline.settings import load_settings
from flux_pipeline.store.roles import Role

ROLES = {"app": Role.APP, "fleet": Role.FLEET, "owner": Role.OWNER}


@click.group()
def db() -> None:
    """The database: its URL, its schema, and the embedded server."""


@db.command()
@click.option(
    "--role",
    type=click.Choice(list(ROLES)),
    default="fleet",
    show_default=True,
    help="app: one restaurant's rows at a time (set app.restaurant_id); fleet: reads all; owner: the schema.",
)
def url(role: str) -> None:
    """Print the database's URL, for psql and for programs. An embedded server then stays up until `flux db stop`."""
    with ready_store(stay=True) as store:
        say(store.url(ROLES[role], driver=None).render_as_string(hide_password=False))


@db.command()
def upgrade() -> None:
    """Make roles and databases that are missing and bring the schema up to date."""
    from flux_pipeline.store.migrate import schema_state
    from flux_pipeline.store.migrate import upgrade as upgrade_schema
    from flux_pipeline.store.store import Store

    store = Store.connect(load_settings())
    before = upgrade_schema(store)
    after = schema_state(store)
    say(
        f"The schema is {after.current}; there was nothing to do."
        if before.is_current
        else f"The schema went from {before.current or 'nothing'} to {after.current}."
    )


@db.command()
def start() -> None:
    """Start the embedded server and leave it running."""
    if load_settings().database_url is not None:
        note("FLUX_DATABASE_URL names a server of your own; there is none to start.")
        return
    with ready_store(stay=True):
        say("The embedded server runs; `flux db stop` stops it.")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from flux_pipeline.store import server

    say("Stopped." if server.stop(load_settings().home) else "It was not running.")
