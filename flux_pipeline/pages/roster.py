"""Printable roster: one page of HTML with the week by person and day, heads by role and day, and what is missing."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from flux_pipeline.pages._bars import Scale, draw_bars, scale_of
from flux_pipeline.pages._style import STYLE, tones
from flux_pipeline.rosters.shown.cover import DayCover, by_day, cover_of
from flux_pipeline.rosters.shown.gaps import week_sentences
from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift, clock, role_marks

# Up to so many people are printed in large and in usual type, and more in a smaller one, so that few sheets are needed.
MOST_WIDE, MOST_USUAL = 8, 12
# A table has the days of a week.
MOST_DAYS = 7
FREE = '<td class="{}free">&ndash;</td>'


@dataclass(frozen=True)
class PageOptions:
    """What a page says of itself, and whether it names what is missing; a page for the wall may leave that out.

    Attributes:
        made_for: who asked for it; empty: not said.
        made_at: the moment at which it was made.
    """

    made_for: str
    made_at: dt.datetime
    with_gaps: bool = True


def roster_page(week: RosterWeek, options: PageOptions) -> str:
    """Return the roster of a week as HTML that needs nothing else."""
    sheet = _Sheet(week)
    first, last = week.dates[0], week.dates[-1]
    title = f"{week.restaurant}, {_day(first)} to {_day(last)} {last.year}"
    parts = [week.dates[at : at + MOST_DAYS] for at in range(0, week.days, MOST_DAYS)]
    size = "wide" if len(week.names) <= MOST_WIDE else "dense" if len(week.names) > MOST_USUAL else "usual"
    state, is_draft = _state(week.active_shifts)
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}{tones(week.roles)}</style></head>",
            f'<body class="{size}">\n',
            f"<header><div><h1>{escape(week.restaurant)}</h1>",
            f"<p>Roster from {_day(first)} to {_day(last)} {last.year}</p></div>",
            f'<div class="state{" draft" if is_draft else ""}">{state}</div></header>\n',
            *(f"<section>{sheet.table(dates)}</section>\n" for dates in parts),
            sheet.key(),
            _gaps(week) if options.with_gaps else "",
            _footer(week, options),
            "</body></html>\n",
        ]
    )


def _state(shifts: Sequence[WeekShift]) -> tuple[str, bool]:
    """Return how far the shifts are agreed, and whether any is a draft."""
    statuses = {each.status for each in shifts}
    if not statuses:
        return "No shifts", False
    if "draft" in statuses:
        return ("Draft" if len(statuses) == 1 else "Partly draft"), True
    return ("Confirmed" if statuses == {"confirmed"} else "Published"), False


class _Sheet:
    """The tables of a week, with what they share: marks of the roles, cover by role and day."""

    def __init__(self, week: RosterWeek) -> None:
        self.week = week
        self.marks = role_marks(week.roles)
        self.place = {role: at for at, role in enumerate(week.roles)}
        self.cover = cover_of(week)
        self.first, self.last = scale_of(self.cover)
        self.sums = by_day(self.cover)

    @cached_property
    def shifts(self) -> Mapping[tuple[uuid.UUID, dt.date], list[WeekShift]]:
        found: dict[tuple[uuid.UUID, dt.date], list[WeekShift]] = {}
        for shift in self.week.active_shifts:
            found.setdefault((shift.employee_id, shift.date), []).append(shift)
        return found

    def table(self, dates: Sequence[dt.date]) -> str:
        days = "".join(
            f'<th class="{_weekend(date)}">{date:%a}<span> {date.day} {date:%b}</span></th>' for date in dates
        )
        body = "".join(self._group(role, people, dates) for role, people in self.week.people_by_role())
        head = f'<tr><th class="who">Name</th>{days}<th class="sum">Hours</th></tr>'
        return f"<table><thead>{head}</thead>{body}</table>"

    def _group(self, role: str, people: Sequence[uuid.UUID], dates: Sequence[dt.date]) -> str:
        if role:
            heading = self._role_row(role, dates)
        else:
            heading = f'<tr class="role"><th class="who" colspan="{len(dates) + 2}">Without a shift</th></tr>'
        return f"<tbody>{heading}{''.join(self._person(id, dates) for id in people)}</tbody>\n"

    def _role_row(self, role: str, dates: Sequence[dt.date]) -> str:
        own = [each for each in self.cover if each.role == role]
        scale = Scale(self.first, self.last, max((max(each.needed, each.rostered) for each in own), default=1))
        cells, total = [], DayCover(0, 0, 0)
        for date in dates:
            day = self.sums.get((role, date))
            if day is None:
                cells.append(FREE.format(f"{_weekend(date)} "))
                continue
            total = DayCover(*(sum(pair) for pair in zip(total, day, strict=True)))
            bars = draw_bars([each for each in own if each.date == date], scale, f"r{self.place[role]}")
            cells.append(f"<td>{bars}{_figures(day)}</td>")
        mark = f'<i class="mark r{self.place[role]}">{escape(self.marks[role])}</i>'
        return f'<tr class="role"><th class="who">{mark}{escape(role)}</th>{"".join(cells)}{_role_sum(total)}</tr>'

    def _person(self, id: uuid.UUID, dates: Sequence[dt.date]) -> str:
        cells, minutes = [], 0
        for date in dates:
            own = self.shifts.get((id, date), [])
            minutes += sum(each.paid_minutes for each in own)
            here = "".join(self._shift(each) for each in own)
            cells.append(f'<td class="{_weekend(date)}">{here}</td>' if here else FREE.format(f"{_weekend(date)} "))
        name = escape(self.week.names[id])
        hours = f'<td class="sum">{_hours(minutes)}</td>'
        return f'<tr class="person"><th class="who">{name}</th>{"".join(cells)}{hours}</tr>'

    def _shift(self, shift: WeekShift) -> str:
        zone = self.week.zone
        night = "<sup>+1</sup>" if _ends_later(shift, self.week) else ""
        pause = ""
        if shift.break_minutes and shift.break_starts_at:
            pause = f"<small>break {clock(shift.break_starts_at, zone)}, {shift.break_minutes} min</small>"
        times = f"<b>{clock(shift.starts_at, zone)}&ndash;{clock(shift.ends_at, zone)}</b>{night}"
        agreed = "&check;&nbsp;" if shift.status == "confirmed" else ""
        draft = " draft" if shift.status == "draft" else ""
        mark = f'<i class="mark">{agreed}{escape(self.marks[shift.role])}</i>'
        return f'<span class="shift r{self.place[shift.role]}{draft}">{mark}{times}{pause}</span>'

    def key(self) -> str:
        """Return what the marks mean."""
        found = [
            f'<span><i class="mark r{self.place[role]}">{escape(mark)}</i>{escape(role)}</span>'
            for role, mark in self.marks.items()
        ]
        shifts = self.week.active_shifts
        statuses = {each.status for each in shifts}
        if "draft" in statuses:
            found.append("<span>dashed: a draft, may still change</span>")
        if "confirmed" in statuses:
            found.append("<span>&check; confirmed</span>")
        if any(_ends_later(each, self.week) for each in shifts):
            found.append("<span><sup>+1</sup> ends on the next day</span>")
        if self.cover:
            span = f"{_clock_of(self.first)} to {_clock_of(self.last)}"
            found.append(f"<span>bars: {span}, heads rostered as an area, needed as a line, missing in black</span>")
            found.append("<span>31 of 32 h <b>&minus;1 h</b>: hours covered, needed and missing</span>")
        return f'<div class="key">{"".join(found)}</div>\n'


def _figures(day: DayCover) -> str:
    missing = f" <b>&minus;{_hours(day.missing)} h</b>" if day.missing else ""
    return f'<span class="figures">{_hours(day.needed - day.missing)} of {_hours(day.needed)} h{missing}</span>'


def _role_sum(total: DayCover) -> str:
    missing = f'<span class="figures"><b>&minus;{_hours(total.missing)} h</b></span>' if total.missing else ""
    return f'<td class="sum">{_hours(total.rostered)}{missing}</td>'


def _gaps(week: RosterWeek) -> str:
    sentences = "".join(f"<li>{escape(each)}</li>" for each in week_sentences(week))
    return f"<h2>Not covered</h2><ul>{sentences}</ul>\n" if sentences else ""


def _footer(week: RosterWeek, options: PageOptions) -> str:
    made_at = options.made_at.astimezone(week.zone)
    made_for = f"Generated for {escape(options.made_for)} on" if options.made_for else "Generated on"
    return (
        f"<footer>{made_for} {_day(made_at.date())} {made_at.year} at {made_at:%H:%M}. "
        f"All times are local ({escape(week.timezone)}). Hours are paid hours, without breaks.</footer>\n"
    )


def _ends_later(shift: WeekShift, week: RosterWeek) -> bool:
    last_minute = shift.ends_at - dt.timedelta(minutes=1)
    return last_minute.astimezone(week.zone).date() > shift.starts_at.astimezone(week.zone).date()


def _weekend(date: dt.date) -> str:
    return "weekend" if date.weekday() >= 5 else ""


def _day(date: dt.date) -> str:
    return f"{date:%A} {date.day} {date:%B}"


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.4g}"


def _clock_of(quarter: int) -> str:
    return f"{quarter // 4 % 24:02d}:{quarter % 4 * 15:02d}"
