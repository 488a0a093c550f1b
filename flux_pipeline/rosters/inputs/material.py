"""Material of a roster: what a restaurant has stored about roles, people, templates and shifts, as frozen values.

The problem is built from it in `assemble`. All of it is ordered, so that equal material has equal text.
"""

import datetime as dt
from dataclasses import dataclass

from flux_pipeline.rosters.rules import Rule

# The statuses of shifts that are still to be worked, or were.
ACTIVE = ("draft", "published", "confirmed")


@dataclass(frozen=True)
class RoleMaterial:
    """A role, its required skills, and what an hour costs if a person has no rate of their own."""

    name: str
    required_skills: tuple[str, ...] = ()
    hourly_cost: float | None = None


@dataclass(frozen=True)
class Window:
    """A time of each week on the wall clock: preferred, available or unavailable."""

    weekday: int
    start: dt.time
    end: dt.time
    preference: str = "available"


@dataclass(frozen=True)
class DatedException:
    """A time (aware instants) at which a person can't work, or can beyond their weekly times."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    is_available: bool = False


@dataclass(frozen=True)
class PersonMaterial:
    """A person who works here, hours in a week; without weekly times they can work at any time."""

    id: str
    role: str
    hourly_rate: float | None
    min_hours: float
    max_hours: float
    contract_hours: float | None = None
    skills: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    exceptions: tuple[DatedException, ...] = ()


@dataclass(frozen=True)
class TemplateMaterial:
    """A shift that repeats on days of the week (0 = Monday); an end at or before the start is on the next day."""

    name: str
    role: str
    start: dt.time
    end: dt.time
    weekdays: tuple[int, ...]


@dataclass(frozen=True)
class StoredShift:
    """A stored shift, whatever its status; instants are aware, the date is its business day."""

    id: str
    employee: str
    role: str
    date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str
    break_starts_at: dt.datetime | None = None
    break_minutes: int = 0
    template: str = ""
    ended_because: str | None = None

    @property
    def paid_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60 - self.break_minutes


@dataclass(frozen=True)
class NeededHeads:
    """Heads of a role that a period of the staffing forecast recommends; `date` is its business day."""

    role: str
    date: dt.date
    starts_at: dt.datetime
    minutes: int
    heads: int


@dataclass(frozen=True)
class Material:
    """All that is stored about a roster.

    Attributes:
        first_day, days: the business days to plan.
        cutoff: the time of the wall clock at which a business day ends.
        planned_at: the moment of planning.
        forecast_as_of: the last day whose sales the staffing forecast uses.
        may_move: whether published shifts may be moved; else they are kept as confirmed ones are.
        rules: those that hold here; employees in them are ids.
        shifts: those of the days to plan, drafts only if they have begun; before, those that were published or
            confirmed in eight weeks, and drafts of the last one.
        needed: heads of the days to plan; empty if nothing is forecast.
    """

    first_day: dt.date
    days: int
    timezone: str
    cutoff: dt.time
    planned_at: dt.datetime
    forecast_as_of: dt.date
    may_move: bool
    roles: tuple[RoleMaterial, ...]
    people: tuple[PersonMaterial, ...]
    templates: tuple[TemplateMaterial, ...]
    shifts: tuple[StoredShift, ...]
    needed: tuple[NeededHeads, ...]
    rules: tuple[Rule, ...]
