"""Problem of a roster: people, shifts, heads needed, rules and what was agreed already, as frozen values.

Demand and kept shifts are instants (aware datetimes); availability and shift templates are on the restaurant's wall
clock. What is wrong with a problem is found in `_mistakes`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from flux_pipeline.rosters.rules import Rule


class ShiftStatus(StrEnum):
    """How far a shift is agreed. A confirmed one never moves; a published one moves at a price."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Availability:
    """A window of each week on the wall clock; an end at or before the start is on the next day."""

    weekday: int
    start: dt.time
    end: dt.time


def minutes_of_week(weekday: int, start: dt.time, end: dt.time) -> tuple[int, int]:
    """Return a window as minutes since Monday, 00:00; an end at or before the start is on the next day."""
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return weekday * 1440 + first, weekday * 1440 + (last if last > first else last + 1440)


@dataclass(frozen=True)
class AvailabilityException:
    """A dated exception on the wall clock (naive): an absence, or hours beyond the weekly windows."""

    starts: dt.datetime
    ends: dt.datetime
    is_available: bool = False


@dataclass(frozen=True)
class Employee:
    """A person who can be rostered.

    Attributes:
        roles: names of the roles that they work in.
        hourly_rate: pay of an hour, above zero.
        min_minutes, max_minutes: of paid work in each hours period of the problem.
        contract_minutes: paid work beyond these is overtime; None: there is no overtime.
        skills: what the roles may ask for.
        weekends_before, closings_before: worked in the eight weeks before the first day.
        days_in_a_row_before: days worked up to the day before the first.
        last_shift_ended_at: end of the last shift before the first day, if one is known.
    """

    id: str
    roles: tuple[str, ...]
    hourly_rate: float
    availability: tuple[Availability, ...]
    min_minutes: int = 0
    max_minutes: int = 40 * 60
    contract_minutes: int | None = None
    skills: frozenset[str] = frozenset()
    exceptions: tuple[AvailabilityException, ...] = ()
    weekends_before: int = 0
    closings_before: int = 0
    days_in_a_row_before: int = 0
    last_shift_ended_at: dt.datetime | None = None

    def with_exception(self, starts: dt.datetime, ends: dt.datetime, is_available: bool) -> "Employee":
        """Return the person with a dated exception; exceptions that it overlaps keep only what lies outside of it."""
        kept = []
        for each in self.exceptions:
            for start, end in ((each.starts, min(each.ends, starts)), (max(each.starts, ends), each.ends)):
                if start < end:
                    kept.append(AvailabilityException(start, end, each.is_available))
        return replace(self, exceptions=(*kept, AvailabilityException(starts, ends, is_available)))


@dataclass(frozen=True)
class Role:
    """A role and the skills without which nobody works in it."""

    name: str
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Demand:
    """Heads of a role that a period needs, and optionally what a head too few or too many costs over the period."""

    role: str
    starts_at: dt.datetime
    heads: int
    minutes: int = 15
    under_price: float | None = None
    over_price: float | None = None


@dataclass(frozen=True)
class ShiftTemplate:
    """Shifts of a role that begin at fixed times of the wall clock, or on a grid of them.

    Attributes:
        starts: the times at which it may begin.
        minutes: the lengths that it may have, breaks included.
        weekdays: on which it is offered, Monday is 0.
    """

    name: str
    role: str
    starts: tuple[dt.time, ...]
    minutes: tuple[int, ...]
    weekdays: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True)
class Wish:
    """A wish to work or not to work between two instants, weighed by the minutes of it that a shift overlaps.

    A wish to be off that a shift fills entirely costs `weight`, one filled by half costs half of it; a wish to work
    costs what is not filled. `role` limits it to shifts of that role.
    """

    employee: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    weight: float
    to_work: bool = False
    role: str | None = None


@dataclass(frozen=True)
class Shift:
    """A shift of a person; the break is not paid and not covered. The template is empty if none made it."""

    employee: str
    role: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    break_starts_at: dt.datetime | None = None
    break_minutes: int = 0
    status: ShiftStatus = ShiftStatus.DRAFT
    template: str = ""

    @property
    def minutes(self) -> int:
        """Minutes from start to end by the instants, so over a change of the clock too."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def paid_minutes(self) -> int:
        return self.minutes - self.break_minutes


@dataclass(frozen=True)
class Prices:
    """What the roster's soft goals cost, in the restaurant's currency.

    Attributes:
        wages: factor of the wages; 0 ignores them.
        under_hour: a head too few for an hour. Three times a usual wage: guests leave.
        over_hour: a head too many for an hour, beyond the wage.
        fairness: the step by which each further weekend or closing shift of one person costs more.
        touch: a person whose published shifts change; less than a missing head costs over half a shift.
    """

    wages: float = 1.0
    under_hour: float = 60.0
    over_hour: float = 2.0
    fairness: float = 10.0
    touch: float = 150.0


@dataclass(frozen=True)
class RosterProblem:
    """All that decides a roster.

    Attributes:
        first_day, days: the business days to plan; a shift belongs to the one on which it starts.
        timezone: of the wall clock, for example "Europe/Berlin".
        planned_at: the moment of planning, from which notice counts; None: before all of the days. No new shift
            starts before it, kept ones that did stay as they are, and demand before it is nobody's concern.
        kept: published and confirmed shifts of these days.
        hours_period_days: how many days the minimum, maximum and contract minutes are counted over.
        cutoff: the time of the wall clock at which a business day ends and the next begins.
        break_choices: how many places a break may have in a shift. With one, it is about the middle, at another
            quarter hour from person to person, so that people of one shift don't all leave at once.
    """

    first_day: dt.date
    days: int
    timezone: str
    employees: tuple[Employee, ...]
    roles: tuple[Role, ...]
    demand: tuple[Demand, ...]
    templates: tuple[ShiftTemplate, ...]
    rules: tuple[Rule, ...] = ()
    wishes: tuple[Wish, ...] = ()
    kept: tuple[Shift, ...] = ()
    prices: Prices = field(default_factory=Prices)
    planned_at: dt.datetime | None = None
    hours_period_days: int = 7
    break_choices: int = 1
    cutoff: dt.time = dt.time(0)

    def day_of(self, moment: dt.datetime) -> dt.date:
        """Return the business day of a moment; before the cutoff on the wall clock it is the date before."""
        wall = moment.astimezone(self.zone)
        return wall.date() - dt.timedelta(days=wall.time() < self.cutoff)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        return tuple(self.first_day + dt.timedelta(days=day) for day in range(self.days))

    @cached_property
    def open_demand(self) -> tuple[Demand, ...]:
        """The demand from the moment of planning on."""
        return tuple(each for each in self.demand if not self.is_past(each.starts_at))

    def is_past(self, moment: dt.datetime) -> bool:
        """Return whether a moment is before that of planning."""
        return self.planned_at is not None and moment < self.planned_at

    def rules_of(self, name: str, employee: str) -> list[Mapping[str, float | str]]:
        """Return the parameters of the rules of that name that hold for a person: their own, else those of all."""
        rows = [rule for rule in self.rules if rule.name == name]
        own = [rule.parameters for rule in rows if rule.employee == employee]
        return own or [rule.parameters for rule in rows if rule.employee is None]
