"""`flux readers`: database logins for BI tools, each for its restaurants, to read only."""

import click
from sqlalchemy.engine import URL

from flux_pipeline.cli.console import ready_store, say, show_table
from flux_pipeline.store.engine import where


@click.group()
def readers() -> None:
    """Database logins for BI tools: each reads its restaurants' rows, and nothing else."""


@readers.command("add")
@click.argument("login")
@click.option("--restaurant", "slugs", multiple=True, required=True, help="Which restaurant it reads; may be repeated.")
def add(login: str, slugs: tuple[str, ...]) -> None:
    """Make LOGIN (like tableau_bistro), or let it read more restaurants, and print the URL to give to the tool."""
    from flux_pipeline.store.readers import add_reader

    with ready_store() as store:
        done = add_reader(store, login, slugs)
        here = where(store.admin_url)
    if done.url is not None:
        say(f"Added {login}: it reads {', '.join(dict.fromkeys(slugs))}.")
    elif done.added:
        say(f"{login} reads {', '.join(done.added)} too, at {here}. Its password stays the same.")
    else:
        say(f"{login} reads {', '.join(dict.fromkeys(slugs))} already. Its password stays the same.")
    if done.url is not None:
        _show_url(done.url)


@readers.command("list")
def list_them() -> None:
    """List the logins and what they read."""
    from flux_pipeline.store.readers import list_readers

    with ready_store() as store, store.fleet() as fleet:
        found = list_readers(fleet)
    if not found:
        say("There is no login yet. Add one with `flux readers add`.")
        return
    show_table(
        f"{len(found)} logins",
        ["login", "restaurants", "since", "may connect"],
        [
            (
                reader.login,
                ", ".join(reader.slugs) or "none: `flux readers remove` takes it away",
                f"{reader.since.astimezone():%Y-%m-%d %H:%M %z}" if reader.since else None,
                "yes" if reader.may_connect else "no: `flux readers add` makes it",
            )
            for reader in found
        ],
    )


@readers.command("set-password")
@click.argument("login")
def set_password(login: str) -> None:
    """Make a new password for LOGIN and print the URL with it; the old one is no good any more."""
    from flux_pipeline.store.readers import set_reader_password

    with ready_store() as store:
        url = set_reader_password(store, login)
    say(f"{login} has a new password.")
    _show_url(url)


@readers.command()
@click.argument("login")
@click.option("--restaurant", "slugs", multiple=True, help="Only this one; may be repeated. Default: all.")
def remove(login: str, slugs: tuple[str, ...]) -> None:
    """Take restaurants from LOGIN; without any left it can't connect and is removed."""
    from flux_pipeline.store.readers import remove_reader

    with ready_store() as store:
        done = remove_reader(store, login, slugs)
    if done.removed:
        say(f"{login} reads {', '.join(done.removed)} no longer.")
    elif slugs:
        say(f"{login} did not read {', '.join(slugs)}.")
    if done.left:
        say(f"It still reads {', '.join(done.left)}.")
    elif done.is_gone:
        say("It reads nothing any more, and is removed from the server.")
    else:
        say("It can't connect here any more. The login stays: another database of the server still admits it.")


def _show_url(url: URL) -> None:
    say(f"  {url.render_as_string(hide_password=False)}")
    if url.password:
        say(f"The password is shown this once only; `flux readers set-password {url.username}` makes another.")
    else:
        say("This server lets local logins in without a password. `flux db start` keeps it running.")
