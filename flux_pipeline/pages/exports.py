"""Exports of a roster: its shifts as rows for a spreadsheet, and the shifts of one person as a calendar."""

import csv
import datetime as dt
import io
import uuid

from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift
from flux_pipeline.wording import without_formula

COLUMNS = (
    "date",
    "weekday",
    "employee",
    "role",
    "start",
    "end",
    "break_start",
    "break_minutes",
    "paid_hours",
    "status",
)
# How far a shift is agreed, as a calendar says it.
CALENDAR_STATUS = {
    "draft": "TENTATIVE",
    "published": "CONFIRMED",
    "confirmed": "CONFIRMED",
    "declined": "CANCELLED",
    "cancelled": "CANCELLED",
}
# A program takes a later version of an entry only if its sequence is higher. A shift only goes forward in this order.
SEQUENCE = {"draft": 0, "published": 1, "confirmed": 2, "declined": 3, "cancelled": 4}


def roster_csv(week: RosterWeek) -> str:
    """Return the shifts of a week as CSV, those declined and cancelled too; times are local and have their date."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([without_formula(cell) for cell in _cells(shift, week)] for shift in week.shifts)
    return buffer.getvalue().rstrip("\n")


def _cells(shift: WeekShift, week: RosterWeek) -> tuple[str, ...]:
    start, end, pause = (
        f"{moment.astimezone(week.zone):%Y-%m-%d %H:%M}" if moment else ""
        for moment in (shift.starts_at, shift.ends_at, shift.break_starts_at)
    )
    paid = f"{shift.paid_minutes / 60:.2f}"
    day = (shift.date.isoformat(), f"{shift.date:%A}")
    return (*day, shift.employee, shift.role, start, end, pause, str(shift.break_minutes), paid, shift.status)


def employee_calendar(week: RosterWeek, employee_id: uuid.UUID, made_at: dt.datetime) -> bytes:
    """Return the shifts of a person as iCalendar (RFC 5545), to be imported again after each change.

    An entry is known again by its UID, so a changed shift replaces its entry, and a declined or cancelled one makes it
    vanish. Instants are in UTC: Google, Apple and Outlook all show them on the clock of the reader, while Outlook knows
    time zones by its own names and goes by a foreign VTIMEZONE only at times; no entry repeats, so none needs a zone.
    """
    # Only this function needs the library, which takes a while to load.
    from icalendar import Calendar, Event  # noqa: PLC0415

    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Flux//Rosters//EN")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", f"Shifts, {week.restaurant}")
    for shift in week.shifts:
        if shift.employee_id == employee_id:
            event = Event()
            event.add("UID", f"{shift.id}@flux")
            event.add("DTSTAMP", made_at.astimezone(dt.UTC))
            event.add("SEQUENCE", SEQUENCE[shift.status])
            event.add("STATUS", CALENDAR_STATUS[shift.status])
            event.add("DTSTART", shift.starts_at.astimezone(dt.UTC))
            event.add("DTEND", shift.ends_at.astimezone(dt.UTC))
            event.add("SUMMARY", f"{shift.role}, {week.restaurant}")
            event.add("DESCRIPTION", _description(shift, week))
            calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _description(shift: WeekShift, week: RosterWeek) -> str:
    lines = ["A draft, may still change."] if shift.status == "draft" else []
    if shift.break_starts_at and shift.break_minutes:
        lines.append(f"Break at {shift.break_starts_at.astimezone(week.zone):%H:%M}, {shift.break_minutes} minutes.")
    return "\n".join([*lines, f"{shift.paid_minutes / 60:.4g} paid hours."])
