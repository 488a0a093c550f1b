"""Free shifts of a role without templates: on a grid from the first heads needed on a weekday to the last.

Each length may also end with the last heads needed, so that a closing shift has no idle end.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from flux_pipeline.rosters.inputs.material import NeededHeads
from flux_pipeline.rosters.problem import ShiftTemplate
from flux_pipeline.rosters.settings import RosterSettings


def free_shifts(
    role: str, needed: Sequence[NeededHeads], settings: RosterSettings, zone: ZoneInfo
) -> Iterator[ShiftTemplate]:
    """Yield a template for each length and set of weekdays with the same starts; they have no name."""
    weekdays: dict[tuple[int, tuple[int, ...]], set[int]] = defaultdict(set)
    for weekday, (first, last) in _spans(needed, zone).items():
        for length, starts in _starts(first, last, settings).items():
            weekdays[length, starts].add(weekday)
    for (length, starts), days in weekdays.items():
        # A start after midnight is on the next day of the week.
        for late in (False, True):
            times = tuple(dt.time(*divmod(start % 1440, 60)) for start in starts if (start >= 1440) == late)
            if times:
                yield ShiftTemplate("", role, times, (length,), frozenset((day + late) % 7 for day in days))


def _spans(needed: Sequence[NeededHeads], zone: ZoneInfo) -> dict[int, tuple[int, int]]:
    """Return the first and the last needed minute of each weekday, from midnight of the business day's date."""
    spans: dict[int, tuple[int, int]] = {}
    for each in needed:
        wall = each.starts_at.astimezone(zone)
        start = (wall.date() - each.date).days * 1440 + wall.hour * 60 + wall.minute
        first, last = spans.get(each.date.weekday(), (start, start))
        spans[each.date.weekday()] = min(first, start), max(last, start + each.minutes)
    return spans


def _starts(first: int, last: int, settings: RosterSettings) -> dict[int, tuple[int, ...]]:
    """Return the minutes at which a shift of each length may start, so that it ends with the last heads needed."""
    lengths = sorted({round(hours * 60) for hours in settings.roster_shift_hours})
    # The shortest length that spans all heads needed on the day is long enough; longer ones only cost more.
    longer = next((length for length in lengths if length >= last - first), lengths[-1])
    fitting = [length for length in lengths if length <= longer]
    starts = {}
    for length in fitting:
        grid = range(first, max(first, last - length) + 1, settings.roster_grid_minutes)
        starts[length] = tuple(sorted({*grid, max(first, last - length)}))
    return starts
