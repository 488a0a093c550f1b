"""What people worked in the eight weeks before a roster: weekends and closing shifts, days in a row, the last end."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flux_pipeline.rosters.inputs.material import ACTIVE, Material, StoredShift

# A shift that ends this long before the last one of its day still closes the restaurant.
CLOSING = dt.timedelta(minutes=30)
SATURDAY = 5


@dataclass(frozen=True)
class Past:
    """What a person worked before the first day to plan."""

    weekends: int = 0
    closings: int = 0
    days_in_a_row: int = 0
    ended_at: dt.datetime | None = None


def past_of(material: Material) -> dict[str, Past]:
    """Return what each person worked, or is drafted to work, before the first day.

    Drafts count for the days in a row and the last end only, so that weeks that are drafted together fit together.
    """
    before = [each for each in material.shifts if each.date < material.first_day and each.status in ACTIVE]
    last_end: dict[dt.date, dt.datetime] = {}
    for each in before:
        last_end[each.date] = max(last_end.get(each.date, each.ends_at), each.ends_at)
    by_person: dict[str, list[StoredShift]] = {}
    for each in before:
        by_person.setdefault(each.employee, []).append(each)
    return {person: _past(shifts, last_end, material.first_day) for person, shifts in by_person.items()}


def _past(shifts: Sequence[StoredShift], last_end: dict[dt.date, dt.datetime], first_day: dt.date) -> Past:
    dates = {each.date for each in shifts}
    run = 0
    while first_day - dt.timedelta(days=run + 1) in dates:
        run += 1
    worked = [each for each in shifts if each.status != "draft"]
    return Past(
        weekends=len({each.date.isocalendar()[:2] for each in worked if each.date.weekday() >= SATURDAY}),
        closings=sum(each.ends_at >= last_end[each.date] - CLOSING for each in worked),
        days_in_a_row=run,
        ended_at=max(each.ends_at for each in shifts),
    )
