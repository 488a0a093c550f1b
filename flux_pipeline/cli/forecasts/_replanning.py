"""Planning of weeks from the command line by Dagster's job, and what it changed for people."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from flux_pipeline.cli.console import note, say
from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift
from flux_pipeline.store.door import Store


def plan_weeks(store: Store, slug: str, days: Sequence[dt.date | None]) -> Iterator[RosterWeek]:
    """Run Dagster's job `plan_rosters` for the week of each day, None for the coming ones; yield what was planned.

    Raises:
        PermanentError: a run failed, or there was nothing to plan; ids of people are replaced by their names.
    """
    from flux_pipeline.orchestration.commands.launch import run_roster
    from flux_pipeline.orchestration.instance import open_instance
    from flux_pipeline.store.rosters.weeks import find_week, names_of_people

    with store.tenant(slug) as tx:
        names = names_of_people(tx)
    with open_instance(store) as instance:
        for day in days:
            note(f"Planning {'the coming weeks' if day is None else f'the week of {day}'} (two minutes at most) ...")
            result = run_roster(instance, slug, day)
            planned = result.metadata.get("weekly_rosters", {})
            if result.failures or "skipped" in planned:
                raise PermanentError(_with_names("; ".join(result.failures) or planned["skipped"], names))
            for week in planned["weeks_planned"].split(", "):
                with store.tenant(slug) as tx:
                    found = find_week(tx, dt.date.fromisoformat(week))
                yield found


def _with_names(text: str, names: Mapping[str, str]) -> str:
    """Replace ids of people by names. Dagster keeps the messages of runs, so these have no names."""
    for id, name in names.items():
        text = text.replace(id, name)
    return text


def say_who_to_ask(week: RosterWeek, before: Sequence[WeekShift]) -> None:
    """Say which shifts of a week are new and which published ones were moved since `before`."""
    known = {_key(each) for each in before}
    agreed = {each.id for each in before if each.status in {"published", "confirmed"}}
    new = [each for each in week.active_shifts if each.status == "draft" and _key(each) not in known]
    moved = [each for each in week.shifts if each.id in agreed and each.status == "cancelled"]
    for each in new:
        at = f"{each.starts_at.astimezone(week.zone):%H:%M} to {each.ends_at.astimezone(week.zone):%H:%M}"
        say(f"Ask {each.employee}: {each.role} on {each.date:%A} {each.date}, {at}.")
    for each in moved:
        say(f"Tell {each.employee} that the {each.role} shift on {each.date:%A} {each.date} is cancelled.")
    if new:
        say(f"When they agree: flux roster publish --restaurant {week.slug} --week {week.first_day}")
    elif not moved:
        say(f"{week.slug}: no shift of anybody else changes in the week of {week.first_day}.")


def _key(shift: WeekShift) -> tuple[object, ...]:
    return shift.employee_id, shift.role, shift.starts_at, shift.ends_at
