"""Cover of a week: heads needed and heads rostered in each quarter hour of each role, and sums by day."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from flux_pipeline.rosters.shown.week import RosterWeek, WeekShift

QUARTER = 15


class Cover(NamedTuple):
    """Heads of a role in a quarter hour; `date` is its business day, and the start is on the restaurant's clock."""

    role: str
    date: dt.date
    starts_at: dt.datetime
    needed: int
    rostered: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.rostered)


class DayCover(NamedTuple):
    """Minutes of heads of a role on a day."""

    needed: int
    rostered: int
    missing: int


def cover_of(week: RosterWeek) -> tuple[Cover, ...]:
    """Return the quarter hours in which a head is needed or rostered, by role and time.

    A shift covers a quarter hour that it works all of, so none that its break touches.
    """
    needed: Counter[tuple[str, int]] = Counter()
    for each in week.needed:
        first = _minute(each.starts_at) // QUARTER
        for quarter in range(first, first + each.minutes // QUARTER):
            needed[each.role, quarter] += each.heads
    rostered: Counter[tuple[str, int]] = Counter(
        (shift.role, quarter) for shift in week.active_shifts for quarter in _quarters_worked(shift)
    )
    found = []
    for role, quarter in sorted(key for key in {*needed, *rostered} if needed[key] or rostered[key]):
        moment = dt.datetime.fromtimestamp(quarter * QUARTER * 60, week.zone)
        cover = Cover(role, week.date_of(moment), moment, needed[role, quarter], rostered[role, quarter])
        found.append(cover)
    return tuple(found)


def _quarters_worked(shift: WeekShift) -> list[int]:
    start, end = _minute(shift.starts_at), _minute(shift.ends_at)
    pause = _minute(shift.break_starts_at) if shift.break_starts_at else end
    back = pause + shift.break_minutes
    return [
        quarter
        for quarter in range(-(-start // QUARTER), end // QUARTER)
        if (quarter + 1) * QUARTER <= pause or back <= quarter * QUARTER
    ]


def _minute(moment: dt.datetime) -> int:
    return int(moment.timestamp()) // 60


def by_day(cover: Iterable[Cover]) -> dict[tuple[str, dt.date], DayCover]:
    """Return the minutes of heads needed, rostered and missing by role and day."""
    sums: dict[tuple[str, dt.date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in cover:
        for place, heads in enumerate((each.needed, each.rostered, each.missing)):
            sums[each.role, each.date][place] += heads * QUARTER
    return {key: DayCover(*minutes) for key, minutes in sums.items()}
