"""Command `flux roles`: what a restaurant rosters people for, how fast they are, and their least and most heads."""

from collections.abc import Callable
from typing import Any

import click

from flux_pipeline.cli.console import RESTAURANT, as_text, emit, note, ready_store, say, show_table
from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import HeadsRule
from flux_pipeline.store.models.sales import CHANNELS
from flux_pipeline.wording import count_of, listed

# What takes a bound, a cost, the channels or the skills away again.
NONE = "none"
HEADINGS = ["role", "items/h", "heads", "heads by", "fixed", "opening", "closing", "prep", "channels", "skills"]


class OrNone(click.ParamType):
    """A value of another type, or the word none."""

    def __init__(self, of: click.ParamType) -> None:
        self.of, self.name = of, of.name

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return what the help shows for a value."""
        return f"[{self.name.upper()}|{NONE}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value; the word none stays one."""
        return value if value == NONE else self.of.convert(value, param, ctx)


OPTIONS = (
    click.option("--items-per-hour", type=float, help="Items that one head gets done in an hour of work."),
    click.option("--minutes-per-open-hour", type=float, help="Fixed minutes in each open hour: cleaning, setting up."),
    click.option("--minimum-heads", type=int, help="Fewest heads in any open period."),
    click.option("--maximum-heads", type=OrNone(click.INT), help="Most heads that tills, stoves or machines allow."),
    click.option(
        "--heads-by",
        type=click.Choice([rule.value for rule in HeadsRule]),
        help="utilization: a kitchen; queue: a counter, a bar or a phone, where guests wait.",
    ),
    click.option("--opening-minutes", type=float, help="Minutes of work before the first guest of a day."),
    click.option("--closing-minutes", type=float, help="Minutes of work after the last guest of a day."),
    click.option("--prep-share", type=float, help="Share of the work on items that may be done earlier that day."),
    click.option(
        "--channel",
        "channels",
        type=click.Choice([*CHANNELS, NONE]),
        multiple=True,
        help="A channel whose items are its work; several times for several. none: all channels again.",
    ),
    click.option(
        "--skill", "required_skills", multiple=True, help="A skill that everybody in it needs. none: no skill again."
    ),
    click.option("--hourly-cost", type=OrNone(click.FLOAT), help="Cost of an hour, in the restaurant's currency."),
)


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group()
def roles() -> None:
    """Show, add and change the roles of the roster. The next run counts their heads."""


@roles.command("list")
@RESTAURANT
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
def list_them(slug: str, style: str | None) -> None:
    """List the roles; minutes are those of fixed work in an open hour, before opening and after closing."""
    from flux_pipeline.store.staff.role_acts import list_roles

    with ready_store() as store, store.tenant(slug) as tx:
        found = list_roles(tx)
        currency = tx.restaurant.currency
    if not found:
        say(f"{slug} has no roles yet. Add one: flux roles add Kitchen --items-per-hour 30 --restaurant {slug}")
    elif style:
        emit(as_text(found, style))
    else:
        cost = f"{currency}/h"
        headings = [*HEADINGS, cost, "people", "active"]
        rows = [
            (
                role.name,
                f"{role.items_per_hour:g}",
                f"{role.minimum_heads}-{role.maximum_heads or ''}",
                role.heads_by,
                f"{role.minutes_per_open_hour:g}",
                f"{role.opening_minutes:g}",
                f"{role.closing_minutes:g}",
                f"{role.prep_share:.0%}",
                "all" if role.channels is None else ", ".join(role.channels),
                ", ".join(role.required_skills),
                "" if role.hourly_cost is None else f"{role.hourly_cost:.2f}",
                role.people,
                "yes" if role.is_active else "no",
            )
            for role in found
        ]
        right = ["items/h", "heads", "fixed", "opening", "closing", "prep", cost, "people"]
        show_table(f"{slug}: {count_of(len(rows), 'role')}", headings, rows, right=right)


@roles.command()
@click.argument("name")
@_with_options
@RESTAURANT
def add(name: str, slug: str, **options: Any) -> None:
    """Add the role NAME. It needs --items-per-hour; all else has a default."""
    from flux_pipeline.store.staff.role_acts import add_role

    given = _given(options)
    if "items_per_hour" not in given:
        raise click.UsageError("--items-per-hour is missing: how many items one head gets done in an hour, such as 30.")
    with ready_store() as store, store.tenant(slug) as tx:
        stored = add_role(tx, {"name": name, **given})
        _note_skills(tx, given)
    say(f"{slug} now has the role {stored}. The next run counts its heads: flux run --restaurant {slug}")


@roles.command("set")
@click.argument("name")
@click.option("--name", "new_name", help="What it is called from now on.")
@_with_options
@click.option("--active/--inactive", "is_active", default=None, help="Roster it or not; nothing is deleted.")
@RESTAURANT
def set_values(name: str, new_name: str | None, is_active: bool | None, slug: str, **options: Any) -> None:
    """Change the role NAME; what isn't named stays. The word none takes a bound, cost, channel or skill away."""
    from flux_pipeline.store.staff.role_acts import change_role

    given = _given(options | {"name": new_name, "is_active": is_active})
    if not given:
        raise PermanentError("Nothing to change was given; expected an option, such as --maximum-heads 4.")
    with ready_store() as store, store.tenant(slug) as tx:
        changed = change_role(tx, name, given)
        _note_skills(tx, changed)
    now = ", ".join(f"{key} is now {_shown(value)}" for key, value in changed.items())
    say(f"{slug}, {name}: {now}. The next run uses it." if changed else "No change.")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the options that were given, by column; the word none as no value."""
    given = {key: value for key, value in options.items() if value is not None and value != ()}
    for key in ("maximum_heads", "hourly_cost"):
        if given.get(key) == NONE:
            given[key] = None
    for key, nothing in (("channels", None), ("required_skills", [])):
        if NONE in given.get(key, ()):
            given[key] = nothing
    return given


def _note_skills(tx: Any, values: dict[str, Any]) -> None:
    from flux_pipeline.store.staff.role_acts import skills_nobody_has

    if lacking := skills_nobody_has(tx, values.get("required_skills") or ()):
        note(f"warning: nobody has {listed(lacking)} yet, so nobody can be rostered for this role.")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NONE if value is None else f"{value:g}" if isinstance(value, float) else str(value)
