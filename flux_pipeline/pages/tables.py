"""Tables of a roster for a terminal of 80 to 120 columns: short texts by person and day, and cover by role and day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flux_pipeline.rosters.shown.cover import DayCover, by_day, cover_of
from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift, role_marks
from flux_pipeline.wording import shortened

LONGEST_NAME = 20
# Marks of shifts in a week whose shifts differ in status; published ones have none.
STATUS_MARKS = {"draft": "?", "published": "", "confirmed": "+"}
PARTS_OF_AN_HOUR = {0: "", 15: "¼", 30: "½", 45: "¾"}


@dataclass(frozen=True)
class RosterTable:
    """A table for people, and the lines that explain its marks."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def roster_table(week: RosterWeek) -> RosterTable:
    """Return the week by person and day, such as "17-22 K"; people without a shift are last and in one note."""
    marks = role_marks(week.roles)
    shown = STATUS_MARKS if len({each.status for each in week.active_shifts}) > 1 else {}
    by_cell: dict[object, list[WeekShift]] = {}
    for shift in week.active_shifts:
        by_cell.setdefault((shift.employee_id, shift.date), []).append(shift)
    rows, idle = [], []
    for role, people in week.people_by_role():
        for id in people:
            name = week.names[id]
            if not role:
                idle.append(name)
                continue
            own = [by_cell.get((id, date), []) for date in week.dates]
            minutes = sum(shift.paid_minutes for shifts in own for shift in shifts)
            cells = [" ".join(_cell(shift, week, marks, shown) for shift in shifts) for shifts in own]
            rows.append((shortened(name, LONGEST_NAME), *cells, f"{minutes / 60:.4g}"))
    columns = ("person", *(f"{date:%a} {date.day}" for date in week.dates), "hours")
    return RosterTable(columns, tuple(rows), _notes(week, marks, idle))


def cover_table(week: RosterWeek) -> RosterTable:
    """Return the hours of heads covered, of those needed, by role and day: "31/32"."""
    sums = by_day(cover_of(week))
    rows = []
    for role in week.roles:
        days = [sums.get((role, date), DayCover(0, 0, 0)) for date in week.dates]
        total = DayCover(*(sum(each) for each in zip(*days, strict=True)))
        rows.append((shortened(role, LONGEST_NAME), *(_share(day) for day in (*days, total))))
    columns = ("role", *(f"{date:%a} {date.day}" for date in week.dates), "week")
    return RosterTable(columns, tuple(rows), ("31/32: hours of heads covered, of those needed",))


def _share(day: DayCover) -> str:
    return f"{(day.needed - day.missing) / 60:.4g}/{day.needed / 60:.4g}" if day.needed else ""


def _cell(shift: WeekShift, week: RosterWeek, marks: Mapping[str, str], shown: Mapping[str, str]) -> str:
    start, end = (_short(moment.astimezone(week.zone)) for moment in (shift.starts_at, shift.ends_at))
    return f"{start}-{end} {marks[shift.role]}{shown.get(shift.status, '')}"


def _short(moment: dt.datetime) -> str:
    """Return a time in few letters: 17, 17½ or 17:20."""
    part = PARTS_OF_AN_HOUR.get(moment.minute)
    return f"{moment.hour}:{moment.minute:02d}" if part is None else f"{moment.hour}{part}"


def _notes(week: RosterWeek, marks: Mapping[str, str], idle: Sequence[str]) -> tuple[str, ...]:
    statuses = {each.status for each in week.active_shifts}
    notes = []
    if statuses:
        words = [f"{mark} {role}" for role, mark in marks.items()]
        if any(each.astimezone(week.zone).minute for shift in week.active_shifts for each in _ends(shift)):
            words.append("17½: 17:30")
        if len(statuses) > 1:
            words += [f"{mark or 'no mark:'} {status}" for status, mark in STATUS_MARKS.items() if status in statuses]
        else:
            words.append(f"all shifts are {'drafts' if statuses == {'draft'} else next(iter(statuses))}")
        notes.append("; ".join(words))
    if idle:
        notes.append(f"Without a shift: {', '.join(sorted(idle, key=str.casefold))}")
    return tuple(notes)


def _ends(shift: WeekShift) -> tuple[dt.datetime, dt.datetime]:
    return shift.starts_at, shift.ends_at
