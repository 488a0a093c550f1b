"""Week of a roster as people see it: shifts with names, heads needed, and what is uncovered. Planned in `plan`."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Any
from zoneinfo import ZoneInfo

from flux_pipeline.rosters.inputs.material import NeededHeads


@dataclass(frozen=True)
class WeekShift:
    """A shift with the names of its person and role; instants are aware."""

    id: uuid.UUID
    employee_id: uuid.UUID
    employee: str
    role: str
    date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    break_starts_at: dt.datetime | None
    break_minutes: int
    status: str
    ended_because: str | None = None

    @property
    def paid_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60 - self.break_minutes


@dataclass(frozen=True)
class RosterWeek:
    """A planned week of a restaurant.

    Attributes:
        people: names of all active people by id, whether they have a shift or not.
        shifts: by date, start and person; those that were declined or cancelled too.
        needed: heads of each role and period that is planned.
        plan: the row of `weekly_rosters` by column; its "gaps" are as `gaps.gap_values` builds them.
        cutoff: the local time at which a business day ends.
    """

    slug: str
    restaurant: str
    timezone: str
    currency: str
    first_day: dt.date
    days: int
    people: Mapping[uuid.UUID, str]
    shifts: tuple[WeekShift, ...]
    needed: tuple[NeededHeads, ...]
    plan: Mapping[str, Any]
    cutoff: dt.time = dt.time(4)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def dates(self) -> tuple[dt.date, ...]:
        return tuple(self.first_day + dt.timedelta(days=day) for day in range(self.days))

    @property
    def active_shifts(self) -> tuple[WeekShift, ...]:
        """The shifts that are still to be worked."""
        return tuple(each for each in self.shifts if each.status not in {"declined", "cancelled"})

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that are needed or worked in, by name."""
        return tuple(sorted({each.role for each in self.needed} | {each.role for each in self.active_shifts}))

    def date_of(self, moment: dt.datetime) -> dt.date:
        """Return the business day of a moment."""
        local = moment.astimezone(self.zone)
        return local.date() - dt.timedelta(days=int(local.time() < self.cutoff))

    def people_by_role(self) -> list[tuple[str, list[uuid.UUID]]]:
        """Return people by the role in which they work most this week, then by name; those without a shift last.

        Each role of the week has an entry, also without people; the role of people without a shift is empty.
        """
        minutes: dict[uuid.UUID, Counter[str]] = {id: Counter() for id in self.names}
        for shift in self.active_shifts:
            minutes[shift.employee_id][shift.role] += shift.paid_minutes
        grouped: dict[str, list[uuid.UUID]] = {role: [] for role in (*self.roles, "")}
        for id in sorted(minutes, key=lambda each: (self.names[each].casefold(), each)):
            worked = minutes[id]
            grouped[max(sorted(worked), key=lambda role: worked[role]) if worked else ""].append(id)
        return [(role, people) for role, people in grouped.items() if role or people]

    @property
    def names(self) -> Mapping[uuid.UUID, str]:
        """Names of all people of the week; those who have left and still have a shift too."""
        return {**{each.employee_id: each.employee for each in self.active_shifts}, **self.people}


def role_marks(roles: Iterable[str]) -> dict[str, str]:
    """Return a mark of few letters for each role, all different: K for Kitchen, BT for Bar terrace beside Bar."""
    marks: dict[str, str] = {}
    ordered = sorted({*roles})
    for role in ordered:
        others = [other.casefold() for other in ordered if other != role]
        starts = [role[:n] for n in (1, 2, 3) if not any(other.startswith(role[:n].casefold()) for other in others)]
        initials = "".join(word[0] for word in role.split()).upper()
        numbered = (f"{role[:1].upper()}{number}" for number in count(1))
        candidates = chain([start.strip().capitalize() for start in starts], [initials], numbered)
        marks[role] = next(each for each in candidates if each and each not in marks.values())
    return marks


def clock(moment: dt.datetime, zone: ZoneInfo) -> str:
    """Return a moment on the wall clock, like 17:30."""
    return f"{moment.astimezone(zone):%H:%M}"


def hours_in_words(minutes: float) -> str:
    """Return minutes as hours: "1 hour", "7.5 hours"."""
    return f"{minutes / 60:.4g} hour{'' if minutes == 60 else 's'}"
