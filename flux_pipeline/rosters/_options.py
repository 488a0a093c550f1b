"""Options: each shift that a person could work on a day, with the rules that it would break, if any.

Instants are whole minutes since 1970 in UTC, so that lengths and rests are right over changes of the clock.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flux_pipeline.rosters.problem import Employee, RosterProblem, Shift, ShiftStatus

# Breaks begin on quarter hours, as demand does.
QUARTER = 15
# Of people with one shift the breaks begin this many quarter hours from the middle.
STAGGER = (0, -2, 2, -1, 1)


@dataclass(frozen=True)
class Option:
    """A shift that person `person` (its place in the problem) could work on day `day`.

    Attributes:
        start, end, break_start: minutes since 1970 in UTC.
        breaks_rule: the rule that forbids it, or empty.
        status: of the kept shift that it is; None for a new shift.
        is_fixed: a kept shift that is confirmed or has started.
    """

    person: int
    day: int
    role: str
    start: int
    end: int
    break_start: int = 0
    break_minutes: int = 0
    template: str = ""
    breaks_rule: str = ""
    status: ShiftStatus | None = None
    is_fixed: bool = False

    @property
    def paid_minutes(self) -> int:
        return self.end - self.start - self.break_minutes


def to_minute(moment: dt.datetime) -> int:
    return int(moment.timestamp()) // 60


def to_moment(minute: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(minute * 60, dt.UTC)


def wall_minute(problem: RosterProblem, date: dt.date, minutes: int) -> int:
    """Return the minute in UTC of a wall clock, given as minutes since midnight of a date; they may exceed a day."""
    day, rest = divmod(minutes, 1440)
    wall = dt.datetime.combine(date + dt.timedelta(days=day), dt.time(rest // 60, rest % 60), problem.zone)
    return to_minute(wall)


def read_shift(problem: RosterProblem, option: Option) -> Shift:
    """Return an option as a shift."""
    return Shift(
        employee=problem.employees[option.person].id,
        role=option.role,
        starts_at=to_moment(option.start),
        ends_at=to_moment(option.end),
        break_starts_at=to_moment(option.break_start) if option.break_minutes else None,
        break_minutes=option.break_minutes,
        status=option.status or ShiftStatus.DRAFT,
        template=option.template,
    )


def build_options(problem: RosterProblem, also_breaking: frozenset[str] = frozenset()) -> list[Option]:
    """List the options of all people by person, day and start; also those that break one of the rules named.

    Of the rules, availability, skills, notice and shift_length can be broken by a single option. Nothing starts before
    the moment of planning but what is kept.
    """
    skills = {role.name: role.skills for role in problem.roles}
    offered = [*_offered(problem)]
    found = []
    for person, employee in enumerate(problem.employees):
        kept = [*_kept(problem, person, [each for each in problem.kept if each.employee == employee.id])]
        known = {(option.day, option.role, option.start, option.end) for option in kept}
        limits = _Limits(problem, employee, {role for role in skills if skills[role] <= employee.skills})
        options = kept
        for day, role, start, end, template in offered:
            broken = limits.broken_by(role, start, end)
            is_wanted = not broken or (len(broken) == 1 and broken[0] in also_breaking)
            if is_wanted and (day, role, start, end) not in known:
                known.add((day, role, start, end))
                option = Option(person, day, role, start, end, template=template, breaks_rule="".join(broken))
                options += limits.with_breaks(option)
        found += sorted(options, key=lambda each: (each.day, each.start, each.end, each.role, each.break_start))
    return found


def _kept(problem: RosterProblem, person: int, shifts: list[Shift]) -> Iterator[Option]:
    for shift in shifts:
        day = (problem.day_of(shift.starts_at) - problem.first_day).days
        if 0 <= day < problem.days:
            pause = to_minute(shift.break_starts_at) if shift.break_starts_at else 0
            yield Option(
                person,
                day,
                shift.role,
                to_minute(shift.starts_at),
                to_minute(shift.ends_at),
                pause,
                shift.break_minutes,
                shift.template,
                status=shift.status,
                is_fixed=shift.status == ShiftStatus.CONFIRMED or problem.is_past(shift.starts_at),
            )


def _offered(problem: RosterProblem) -> Iterator[tuple[int, str, int, int, str]]:
    """Yield day, role, start, end and template of each shift that templates offer from now on."""
    now = to_minute(problem.planned_at) if problem.planned_at else 0
    for day, date in enumerate(problem.dates):
        for template in problem.templates:
            for at in template.starts:
                # A start before the cutoff is on the next date, whose weekday the template has to have.
                wall = date + dt.timedelta(days=at < problem.cutoff)
                start = wall_minute(problem, wall, at.hour * 60 + at.minute)
                for minutes in template.minutes if start >= now and wall.weekday() in template.weekdays else ():
                    yield day, template.role, start, start + minutes, template.name


def _windows(problem: RosterProblem, employee: Employee) -> list[tuple[int, int]]:
    """Return when a person is available, from the day before the first on, as disjoint spans in UTC."""
    spans = []
    for day in range(-1, problem.days + 2):
        date = problem.first_day + dt.timedelta(days=day)
        for each in employee.availability:
            if each.weekday == date.weekday():
                start, end = each.start.hour * 60 + each.start.minute, each.end.hour * 60 + each.end.minute
                end += 1440 if end <= start else 0
                spans.append((wall_minute(problem, date, start), wall_minute(problem, date, end)))
    for exception in employee.exceptions:
        start, end = (to_minute(each.replace(tzinfo=problem.zone)) for each in (exception.starts, exception.ends))
        spans = [part for a, b in spans for part in ((a, min(b, start)), (max(a, end), b)) if part[0] < part[1]]
        if exception.is_available:
            spans.append((start, end))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class _Limits:
    """What a single shift of a person has to keep."""

    def __init__(self, problem: RosterProblem, employee: Employee, able: set[str]) -> None:
        self.able, self.break_choices = able & {*employee.roles}, problem.break_choices
        self.windows = _windows(problem, employee)
        lengths = problem.rules_of("shift_length", employee.id)
        self.least = max((float(rule["least_minutes"]) for rule in lengths), default=0.0)
        self.most = min((float(rule["most_minutes"]) for rule in lengths), default=float("inf"))
        notice = [60 * float(rule["hours"]) for rule in problem.rules_of("notice", employee.id)]
        self.earliest = to_minute(problem.planned_at) + max(notice) if notice and problem.planned_at else 0.0
        breaks = problem.rules_of("break", employee.id)
        self.breaks = [(float(rule["after_minutes"]), int(float(rule["minutes"]))) for rule in breaks]

    def broken_by(self, role: str, start: int, end: int) -> list[str]:
        """Return the rules that a shift breaks."""
        broken = [] if role in self.able else ["skills"]
        if not any(first <= start and end <= last for first, last in self.windows):
            broken.append("availability")
        if not self.least <= end - start <= self.most:
            broken.append("shift_length")
        if start < self.earliest:
            broken.append("notice")
        return broken

    def with_breaks(self, option: Option) -> Iterator[Option]:
        """Yield the option once for each place of its break, or as it is if it needs none."""
        length = option.end - option.start
        minutes = max((minutes for after, minutes in self.breaks if length > after), default=0)
        if not minutes:
            yield option
            return
        middle = option.start + (length - minutes) // 2 // QUARTER * QUARTER
        latest = option.end - QUARTER - minutes
        places = [STAGGER[(option.person + choice) % len(STAGGER)] for choice in range(self.break_choices)]
        for place in dict.fromkeys(places):
            start = max(option.start + QUARTER, min(middle + place * QUARTER, latest))
            yield replace(option, break_start=start, break_minutes=minutes)
