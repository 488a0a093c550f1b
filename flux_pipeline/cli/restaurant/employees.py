"""Command `flux employees`: who works at a restaurant, what they can do, and when they can work."""

import datetime as dt
from decimal import Decimal
from itertools import groupby

import click

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.cli.console import (
    RESTAURANT,
    as_csv,
    as_json,
    emit,
    parse_day,
    parse_time,
    ready_store,
    say,
    show_table,
)
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of

HOURS = ["min", "contract", "max", "rate"]


@click.group()
def employees() -> None:
    """Show who works here and when, and note absences and skills. NAME is a name or an email address.

    Load lists of people with `flux upload FILE --kind employees`, then files of skills and of availability.
    """


@employees.command("list")
@click.option("--all", "also_left", is_flag=True, help="Also people who have left.")
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
@RESTAURANT
def list_them(also_left: bool, style: str | None, slug: str) -> None:
    """Show the people, with their weekly hours, pay and when they can work."""
    from flux_pipeline.store.staff.overview import EmployeeLine, list_employees

    with ready_store() as store, store.tenant(slug) as tx:
        found = list_employees(tx, dt.datetime.now(dt.UTC), also_left=also_left)
    if style:
        emit((as_csv if style == "csv" else as_json)(EmployeeLine._fields, found))
        return
    if not found:
        say(f"Nobody works at {slug} yet. Load a list of people: flux upload FILE --kind employees --restaurant {slug}")
        return
    rows = [
        (
            each.name if each.is_active else f"{each.name} (left)",
            each.role,
            each.other_roles,
            *map(_number, (each.min_weekly_hours, each.contract_weekly_hours, each.max_weekly_hours)),
            "" if each.hourly_rate is None else f"{each.hourly_rate:.2f}",
            each.availability,
        )
        for each in found
    ]
    title = f"{slug}: {count_of(len(rows), 'person', 'people')}, hours a week"
    show_table(title, ["name", "role", "also", *HOURS, "can work"], rows, right=HOURS)


@employees.command()
@click.argument("name")
@RESTAURANT
def show(name: str, slug: str) -> None:
    """Show a person's skills, weekly times, and exceptions of the coming 60 days."""
    from flux_pipeline.store.staff.overview import describe_employee
    from flux_pipeline.store.staff.people import find_employee

    with ready_store() as store, store.tenant(slug) as tx:
        found = describe_employee(tx, find_employee(tx, name), dt.datetime.now(dt.UTC))
    line, left = found.line, "" if found.line.is_active else "; has left"
    say(f"{line.name}: {line.role}{f', {line.email}' if line.email else ''}{left}")
    contract = f", contract {_number(line.contract_weekly_hours)}" if line.contract_weekly_hours is not None else ""
    pay = "" if line.hourly_rate is None else f", {line.hourly_rate:.2f} an hour"
    say(f"Hours a week: {_number(line.min_weekly_hours)} to {_number(line.max_weekly_hours)}{contract}{pay}")
    say(f"Skills: {', '.join(f'{skill} {level}' for skill, level in found.skills.items()) or 'none noted'}")
    for day, times in groupby(found.weekly, lambda each: each.day_of_week):
        say(f"{WEEKDAYS[day]}: {', '.join(f'{each.in_words} ({each.preference})' for each in times)}")
    if not found.weekly:
        say("Every week: any time")
    for exception in found.exceptions:
        say(exception[0].upper() + exception[1:])


@employees.command()
@click.argument("name")
@click.option("--from", "first", required=True, metavar="DATE", help="The first day, YYYY-MM-DD.")
@click.option("--until", "last", metavar="DATE", help="The last day; default: the first.")
@click.option("--from-time", metavar="HH:MM", help="From when on the first day; default: all day.")
@click.option("--until-time", metavar="HH:MM", help="Until when on the last day; default: its end.")
@click.option(
    "--reason",
    type=click.Choice(["holiday", "sick", "other"]),
    default="other",
    show_default=True,
    help="Why; `flux roster sick` also replans the shifts of somebody who calls in sick.",
)
@RESTAURANT
def away(
    name: str, first: str, last: str | None, from_time: str | None, until_time: str | None, reason: str, slug: str
) -> None:
    """Note that NAME can't work on these days. What was noted for them before no longer counts."""
    from flux_pipeline.store.staff.exceptions import Days, note_absence

    start, end = _span(first, last)
    days = Days(start, end or start, parse_time(from_time), parse_time(until_time))
    with ready_store() as store, store.tenant(slug) as tx:
        noted = note_absence(tx, name, days, reason)
    until = "" if end in (None, start) else f" until {end}"
    say(f"{noted.subject} {'is' if noted.changed else 'was already'} noted as away from {start}{until}.")


@employees.command()
@click.argument("name")
@click.option("--from", "first", required=True, metavar="DATE", help="The first day, YYYY-MM-DD.")
@click.option("--until", "last", metavar="DATE", help="The last day; default: the end of the absence.")
@RESTAURANT
def back(name: str, first: str, last: str | None, slug: str) -> None:
    """Take back that NAME is away on these days, or has other times: the weekly times count again."""
    from flux_pipeline.store.staff.exceptions import take_back

    start, end = _span(first, last)
    with ready_store() as store, store.tenant(slug) as tx:
        taken = take_back(tx, name, start, end)
    if taken.changed:
        say(f"{taken.subject} is back on {start}: the weekly times count again{f' until {end}' if end else ''}.")
    else:
        say(f"{taken.subject} was not away on {start}; nothing changed.")


@employees.command()
@click.argument("name")
@click.argument("skill")
@click.option("--level", type=click.IntRange(1, 5), help="From 1 (learning) to 5 (teaches it); default: 1.")
@click.option("--remove", is_flag=True, help="Take the skill away.")
@RESTAURANT
def skill(name: str, skill: str, level: int | None, remove: bool, slug: str) -> None:
    """Note that NAME has SKILL, or take it away. A skill with the name of a role lets them work in it too."""
    from flux_pipeline.store.staff.skills import remove_skill, set_skill

    if remove and level is not None:
        raise click.UsageError("--level sets a level, --remove takes the skill away. Choose one of them.")
    with ready_store() as store, store.tenant(slug) as tx:
        noted = remove_skill(tx, name, skill) if remove else set_skill(tx, name, skill, level)
    verb = "no longer has" if remove else "has" if noted.changed else "already had"
    say(f"{noted.subject} {verb} the skill {skill!r}.")


def _span(first: str, last: str | None) -> tuple[dt.date, dt.date | None]:
    start, end = parse_day(first), parse_day(last)
    assert start is not None
    if end is not None and end < start:
        raise PermanentError(f"--until {end} is before --from {start}; expected that day or a later one.")
    return start, end


def _number(hours: Decimal | None) -> str:
    return "" if hours is None else f"{float(hours):g}"
