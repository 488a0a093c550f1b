"""Command `flux roster`: plan weeks, show and export them, publish them, and note what people answer."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import click

from flux_pipeline.cli.console import RESTAURANT, emit, parse_day, ready_store, say
from flux_pipeline.cli.forecasts._replanning import plan_weeks, say_who_to_ask
from flux_pipeline.cli.forecasts.weeks import show_plan, show_week
from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift
from flux_pipeline.wording import count_of

WEEK = click.option("--week", metavar="DAY", help="YYYY-MM-DD: a day of the week; default: the one shown by `show`.")
PERSON = click.argument("person")


@click.group()
def roster() -> None:
    """Plan who works when: draft a week, publish it, note who confirms, declines or is ill."""


@roster.command()
@RESTAURANT
@click.option("--week", metavar="DAY", help="YYYY-MM-DD: a day of the week to plan; default: the coming weeks.")
def plan(slug: str, week: str | None) -> None:
    """Draft the shifts of the coming weeks, or of the week of a day.

    Drafts of the same week are replaced, and what is confirmed is kept. Published shifts are kept too, unless a day is
    given: then they move where that is worth it, and the lines say whom to tell. The schedule weekly_drafts does the
    same as this without a day, once a week.
    """
    from flux_pipeline.store.rosters.weeks import list_shifts

    day = parse_day(week)
    with ready_store() as store:
        with store.tenant(slug) as tx:
            before = list_shifts(tx, day - dt.timedelta(days=7), 14) if day else ()
        for planned in plan_weeks(store, slug, [day]):
            if any(shift.status in {"published", "confirmed"} for shift in before):
                say_who_to_ask(planned, before)
            show_plan(planned)
            say(f"See it: flux roster show --restaurant {slug} --week {planned.first_day}")


@roster.command()
@RESTAURANT
@WEEK
@click.option("--csv", "style", flag_value="csv", help="A row for each shift, for programs.")
@click.option("--page", "page_file", type=click.Path(path_type=Path), help="Write a page to print to this HTML file.")
@click.option(
    "--calendars", type=click.Path(path_type=Path), help="Write a calendar file for each person into this folder."
)
def show(slug: str, week: str | None, style: str | None, page_file: Path | None, calendars: Path | None) -> None:
    """Show a planned week by person and day, what is uncovered and why; or export it."""
    from flux_pipeline.store.rosters.weeks import find_week

    with ready_store() as store, store.tenant(slug) as tx:
        found, actor = find_week(tx, parse_day(week)), tx.settings.actor
    if style:
        from flux_pipeline.pages.exports import roster_csv

        emit(roster_csv(found))
    if page_file:
        from flux_pipeline.pages.roster import PageOptions, roster_page

        # What is missing, and who could work more, is for whoever plans and not for the wall.
        is_draft = any(shift.status == "draft" for shift in found.active_shifts)
        options = PageOptions(actor, dt.datetime.now(dt.UTC), with_gaps=is_draft)
        page_file.write_text(roster_page(found, options), encoding="utf-8")
        say(f"Wrote {page_file}. Open it in a browser and print it.")
    if calendars:
        _write_calendars(found, calendars)
    if not (style or page_file or calendars):
        show_week(found)


def _write_calendars(week: RosterWeek, folder: Path) -> None:
    from flux_pipeline.pages.exports import employee_calendar

    folder.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    # Planning again deletes drafts, so a calendar that had them would keep them for ever.
    week = replace(week, shifts=tuple(shift for shift in week.shifts if shift.status != "draft"))
    people = {shift.employee_id: shift.employee for shift in week.shifts}
    if not people:
        raise PermanentError(f"No shift of the week of {week.first_day} is published yet. Publish it first.")
    for id, name in people.items():
        file_name = "".join(letter if letter.isalnum() else "-" for letter in name.casefold())
        (folder / f"{file_name}-{str(id)[:8]}.ics").write_bytes(employee_calendar(week, id, now))
    say(f"Wrote {count_of(len(people), 'calendar file')} into {folder}.")


@roster.command()
@RESTAURANT
@WEEK
def publish(slug: str, week: str | None) -> None:
    """Publish the drafts of a planned week, so that people can confirm or decline their shifts."""
    from flux_pipeline.store.rosters.acts import publish_week

    with ready_store() as store, store.tenant(slug) as tx:
        done = publish_week(tx, parse_day(week), dt.datetime.now(dt.UTC))
    if done.changed:
        people = len({shift.employee_id for shift in done.changed})
        say(
            f"{slug}: {count_of(len(done.changed), 'shift')} of {count_of(people, 'person', 'people')} in the week of "
            f"{done.week} published."
        )
    else:
        say(f"{slug}: the week of {done.week} has no draft that is still ahead, so nothing was published.")


@roster.command()
@PERSON
@RESTAURANT
@WEEK
@click.option("--day", metavar="DAY", help="YYYY-MM-DD: only the shift of this day; default: all of the week.")
def confirm(person: str, slug: str, week: str | None, day: str | None) -> None:
    """Note that PERSON, by address or name, confirms their published shifts. Planning never moves these."""
    _answer("confirmed", person, slug, week, day)


@roster.command()
@PERSON
@RESTAURANT
@WEEK
@click.option("--day", metavar="DAY", help="YYYY-MM-DD: only the shift of this day; default: all of the week.")
def decline(person: str, slug: str, week: str | None, day: str | None) -> None:
    """Note that PERSON, by address or name, declines their published shifts; `plan` finds somebody else."""
    _answer("declined", person, slug, week, day)


def _answer(status: str, person: str, slug: str, week: str | None, day: str | None) -> None:
    from flux_pipeline.store.rosters.acts import answer_shifts

    with ready_store() as store, store.tenant(slug) as tx:
        done = answer_shifts(tx, status, person, parse_day(week), parse_day(day), dt.datetime.now(dt.UTC))
    for shift in done.changed:
        say(f"{_line(shift)}: {status}.")
    for shift in done.left:
        unpublished = "; publish the week first" if shift.status == "draft" else ""
        say(f"{_line(shift)}: unchanged, {shift.status}{unpublished}.")
    if status == "declined" and done.changed:
        say(f"Find somebody else: flux roster plan --restaurant {slug} --week {done.week}")


@roster.command()
@PERSON
@RESTAURANT
@click.option("--from", "first", metavar="DAY", help="YYYY-MM-DD: the first day; default: today.")
@click.option("--until", "last", metavar="DAY", help="YYYY-MM-DD: the last day; default: the first one.")
def sick(person: str, slug: str, first: str | None, last: str | None) -> None:
    """Note that PERSON, by address or name, is ill, take their shifts away, and plan these weeks again.

    Published and confirmed shifts of others are kept where possible; the lines say whom to ask.
    """
    from flux_pipeline.store.rosters.acts import call_sick
    from flux_pipeline.store.rosters.weeks import list_shifts

    now = dt.datetime.now(dt.UTC)
    with ready_store() as store:
        with store.tenant(slug) as tx:
            today = tx.restaurant.last_complete_business_day(now) + dt.timedelta(days=1)
            start = parse_day(first) or today
            end = parse_day(last) or start
            before = list_shifts(tx, start - dt.timedelta(days=7), (end - start).days + 14)
            done = call_sick(tx, person, start, end, now)
        for shift in done.lost:
            say(f"{_line(shift)}: cancelled.")
        weeks = [week for week in done.weeks if week + dt.timedelta(days=7) > today]
        if not weeks:
            say(f"{slug}: noted from {start} to {end}. No planned week has these days.")
        for planned in plan_weeks(store, slug, weeks):
            say_who_to_ask(planned, before)
            show_plan(planned)


def _line(shift: WeekShift) -> str:
    return f"{shift.employee}, {shift.date:%A} {shift.date}, {shift.role}"
