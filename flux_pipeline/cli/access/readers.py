"""Command `flux readers`: read-only database logins for BI tools, each for its restaurants."""

import click
from sqlalchemy.engine import URL

from flux_pipeline.cli.console import ready_store, say, show_table
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.engine import is_pooled, where
from flux_pipeline.wording import count_of

LOCAL = (
    "Only programs of this OS user reach this server, and it stops when it is idle; `flux db start` keeps it running. "
    "For somebody else's BI tool use a server of your own, named by FLUX_DATABASE_URL."
)
NO_PASSWORD = (
    "FLUX_DATABASE_URL has no password, so this login has none either. If the server asks for no password, anybody who "
    "can reach it can log in as any role, and this login protects nothing."
)


@click.group()
def readers() -> None:
    """Manage database logins for BI tools: each reads its restaurants' rows, and nothing else.

    They read the restaurants themselves, their settings, hours, closures and events; menus, recipes, ingredients and
    stock; sales, reservations (no names) and uploads; forecasts, promotions, stock-outs and runs; staff with names,
    email addresses and wages, skills, shifts and staffing needs; and the weather and events that all restaurants share.
    They do not read who logs in to Flux (users, restaurant_members), who changed what (audit_logs), what is wrong
    (alerts), who was away or ill (availability_exceptions) and the rejected rows of files (rejected_rows).
    """


@readers.command("add")
@click.argument("login")
@click.option(
    "--restaurant", "slugs", multiple=True, required=True, help="A restaurant that it reads; may be repeated."
)
def add(login: str, slugs: tuple[str, ...]) -> None:
    """Create LOGIN (like tableau_bistro), or let it read more restaurants, and print the URL for the tool.

    It reads all rows of these restaurants, wages of the staff included, except who logs in to Flux, who changed what
    and rejected rows of files; `flux readers --help` has the details. It may have 10 connections at
    once, a query may take 5 minutes, and a transaction 10.
    """
    from flux_pipeline.store.access.bi_logins import add_reader

    with ready_store() as store:
        done = add_reader(store, login, slugs)
        if done.url is not None:
            say(f"Added {login} at {where(store.admin_url)}.")
        elif done.added:
            say(f"{login} reads {', '.join(done.added)} too, at {where(store.admin_url)}. Its password stays the same.")
        else:
            say(f"{login} already reads {', '.join(dict.fromkeys(slugs))}. Its password stays the same.")
        if done.removed:
            say(f"An earlier {login} read {', '.join(done.removed)}; this one does not. Add the restaurants it needs.")
        say(f"It reads {', '.join(done.reads)}.")
        if done.url is not None:
            show_url(store, done.url)


@readers.command("list")
def list_them() -> None:
    """List the logins and what they read."""
    from flux_pipeline.store.access.bi_logins import list_readers

    with ready_store() as store, store.fleet() as fleet:
        found = list_readers(fleet)
    if not found:
        say("There is no login yet. Add one with `flux readers add`.")
        return
    show_table(
        count_of(len(found), "login"),
        ["login", "restaurants", "since", "may connect"],
        [
            (
                reader.login,
                ", ".join(reader.slugs) or "none: remove it with `flux readers remove`",
                f"{reader.since.astimezone():%Y-%m-%d %H:%M %z}" if reader.since else None,
                "yes" if reader.may_connect else "no: add it again with `flux readers add`",
            )
            for reader in found
        ],
    )


@readers.command("set-password")
@click.argument("login")
def set_password(login: str) -> None:
    """Set a new password for LOGIN and print the URL with it; the old password is no longer valid."""
    from flux_pipeline.store.access.bi_logins import set_reader_password

    with ready_store() as store:
        url = set_reader_password(store, login)
        say(f"{login} has a new password.")
        show_url(store, url)


@readers.command()
@click.argument("login")
@click.option("--restaurant", "slugs", multiple=True, help="Only this one; may be repeated. Default: all.")
def remove(login: str, slugs: tuple[str, ...]) -> None:
    """Remove restaurants from LOGIN; a login without restaurants can't connect and is removed."""
    from flux_pipeline.store.access.bi_logins import remove_reader

    with ready_store() as store:
        done = remove_reader(store, login, slugs)
    if done.removed:
        say(f"{login} no longer reads {', '.join(done.removed)}.")
    elif slugs:
        say(f"{login} did not read {', '.join(slugs)}.")
    if done.left:
        say(f"It still reads {', '.join(done.left)}.")
        return
    if done.is_gone:
        say("It no longer reads anything and is removed from the server.")
        return
    say("It can no longer connect to this database.")
    if done.hold.elsewhere:
        say(f"The login is kept: other databases of the server still admit it ({', '.join(done.hold.elsewhere)}).")
    if done.hold.here:
        say(f"The login is kept: it has rights that Flux did not grant, on {', '.join(done.hold.here)}.")
        say("Revoke them with REVOKE, as an administrator, then run this command again.")


def show_url(store: Store, url: URL) -> None:
    """Print the URL to give to a tool, and how well its login is protected."""
    say(f"  {url.render_as_string(hide_password=False)}")
    if url.password:
        say(f"The password is shown only once; set another with `flux readers set-password {url.username}`.")
    else:
        say(NO_PASSWORD)
    if store.settings.database_url is None:
        say(LOCAL)
    with store.fleet() as fleet:
        if is_pooled(fleet):
            say(f"This is the address of a pooler: it must know {url.username} too (PgBouncer: auth_query, auth_file).")
