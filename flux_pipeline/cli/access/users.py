"""Command `flux users`: people, their logins, and the restaurants where they work."""

import sys

import click

from flux_pipeline.cli.console import RESTAURANT, ask_hidden, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of

ROLES = click.Choice(["admin", "manager", "staff"])
# A longer line is not a password, and reading to its end could take forever.
LONGEST_LINE = 16_384


@click.group()
def users() -> None:
    """Add people, set their passwords, assign them to restaurants.

    Passwords are typed at a prompt and not shown. Without a terminal, the first line of standard input is the password:

    \b
      printf '%s\\n' "$PASSWORD" | flux users add kim@bistro.example --name Kim
    """


@users.command("add")
@click.argument("email")
@click.option("--name", "full_name", required=True, help="The name that people use.")
@click.option(
    "--role",
    type=ROLES,
    default="staff",
    show_default=True,
    help="Their role in the whole group; `flux users join` sets the role at a restaurant.",
)
@click.option("--no-password", is_flag=True, help="Set no password; they can't log in until `flux users set-password`.")
def add(email: str, full_name: str, role: str, no_password: bool) -> None:
    """Add a person by their EMAIL address. The password needs 12 characters or more."""
    from flux_pipeline.store.access.people import add_user, clean_name, fold_email, refuse_known

    folded, full_name = fold_email(email), clean_name(full_name)
    with ready_store() as store:
        with store.fleet() as fleet:
            refuse_known(fleet, folded)
        add_user(store, folded, full_name, role, None if no_password else ask_password(folded))
    say(f"Added {full_name} as {folded}{', without a password' if no_password else ''}.")
    say(f"Next: flux users join {folded} --restaurant SLUG")


@users.command("list")
@click.option("--restaurant", "slug", help="Only people who work at this restaurant.")
def list_them(slug: str | None) -> None:
    """List people and where they work."""
    from flux_pipeline.store.access.people import list_users
    from flux_pipeline.store.restaurant import find_restaurant

    with ready_store() as store, store.fleet() as fleet:
        if slug is not None:
            find_restaurant(fleet, slug)
        found = list_users(fleet, slug)
    if not found:
        say(
            "No people yet. Add them with `flux users add`."
            if slug is None
            else f"Nobody works at {slug} yet. Assign people with `flux users join EMAIL --restaurant {slug}`."
        )
        return
    show_table(
        f"{'' if slug is None else f'{slug}: '}{count_of(len(found), 'person', 'people')}",
        ["email", "name", "role", "active", "password", "works at"],
        [
            (
                user.email,
                user.full_name,
                user.role,
                "yes" if user.is_active else "no",
                "set" if user.has_password else "none",
                ", ".join(f"{where} ({role})" for where, role in user.memberships.items()),
            )
            for user in found
        ],
    )


@users.command()
@click.argument("email")
@click.option("--name", "full_name", help="The name that people use.")
@click.option(
    "--role", type=ROLES, help="Their role in the whole group; `flux users join` sets the role at a restaurant."
)
def change(email: str, full_name: str | None, role: str | None) -> None:
    """Change the name or the role of the person with that EMAIL."""
    from flux_pipeline.store.access.people import change_user

    with ready_store() as store:
        changed = change_user(store, email, full_name=full_name, role=role)
    user = changed.after
    how = "already" if user == changed.before else "now"
    say(f"{user.email} is {how} {user.full_name or 'without a name'}, {user.role}.")


@users.command("set-password")
@click.argument("email")
def set_password(email: str) -> None:
    """Set a new password for the person with that EMAIL; it needs 12 characters or more."""
    from flux_pipeline.store.access.people import find_user
    from flux_pipeline.store.access.people import set_password as store_password

    with ready_store() as store:
        with store.fleet() as fleet:
            user = find_user(fleet, email)
        store_password(store, user.email, ask_password(user.email))
    say(f"{user.email} has a new password.")


@users.command()
@click.argument("email")
def activate(email: str) -> None:
    """Let the person with that EMAIL log in again."""
    _set_active(email, active=True)


@users.command()
@click.argument("email")
def deactivate(email: str) -> None:
    """Stop the person with that EMAIL from logging in; where they work is kept."""
    _set_active(email, active=False)


@users.command()
@click.argument("email")
@RESTAURANT
@click.option(
    "--role",
    type=click.Choice(["owner", "manager", "staff"]),
    help="Their role there; default: their present role there, else staff.",
)
def join(email: str, slug: str, role: str | None) -> None:
    """Assign the person with that EMAIL to a restaurant, or change their role there."""
    from flux_pipeline.store.access.people import fold_email, join_restaurant

    with ready_store() as store:
        membership = join_restaurant(store, email, slug, role)
    was = membership.before
    how = "now" if was is None else "already" if was == membership.after else f"no longer {was} but"
    say(f"{fold_email(email)} is {how} {membership.after} at {slug}.")


@users.command()
@click.argument("email")
@RESTAURANT
def leave(email: str, slug: str) -> None:
    """Remove the person with that EMAIL from a restaurant."""
    from flux_pipeline.store.access.people import fold_email, leave_restaurant

    with ready_store() as store:
        was = leave_restaurant(store, email, slug).before
    say(f"{fold_email(email)} {'no longer works' if was else 'did not work'} at {slug}{f' ({was})' if was else ''}.")


def ask_password(email: str) -> str:
    """Ask for a password twice, hidden; without a terminal, read it from the first line of standard input.

    Raises:
        PermanentError: the password is refused; see `check_password`.
    """
    from flux_pipeline.store.access.passwords import check_password

    if sys.stdin.isatty():
        password = ask_hidden(f"Password for {email}")
        check_password(password, email)
        if ask_hidden("Repeat the password") != password:
            raise PermanentError("The two passwords differ; nothing was changed. Try again.")
        return password
    line = sys.stdin.buffer.readline(LONGEST_LINE)
    try:
        password = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise PermanentError("The password on standard input is not UTF-8 text. Encode it as UTF-8.") from None
    if not password:
        raise PermanentError(
            "There is no terminal to ask for a password, and the first line of standard input is empty. Give it there; "
            "`flux users add --no-password` needs none."
        )
    check_password(password, email)
    return password


def _set_active(email: str, *, active: bool) -> None:
    from flux_pipeline.store.access.people import fold_email, set_active

    with ready_store() as store:
        changed = set_active(store, email, active=active)
    say(f"{fold_email(email)} {'is now' if changed else 'was already'} {'active' if active else 'inactive'}.")
