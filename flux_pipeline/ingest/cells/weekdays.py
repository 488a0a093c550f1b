"""Days of the week as people list them: one, several, a range, or a word for many such as "daily"."""

from __future__ import annotations

import re
from functools import cache

from flux_pipeline.ingest.cells.dates.names import weekday_of
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.names import fold_name

# Written around a dash or a word for it; Dutch has "ma t/m vr".
_UP_TO = re.compile(r"\s*[-\u2013\u2014~]\s*|\s+(?:t/m|to|till|through|thru|bis|au|al|a|tot|ate|til)\s+")
_BETWEEN = re.compile(r"\s*[,;/&+|]\s*|\s+(?:and|und|et|y|e|en|och|og)\s+|\s+")


def weekdays_of(text: str) -> tuple[int, ...] | None:
    """Return the days (0 = Monday) of "Mon-Fri", "Sa, So", "fri-mon" or "daily", sorted; None for any other text."""
    folded = fold_name(text)
    if (every := _named().get(folded.replace("-", ""))) is not None:
        return every
    days: set[int] = set()
    for part in _BETWEEN.split(_UP_TO.sub("-", folded)):
        found = _named().get(part.replace("-", "")) or _range(part)
        if found is None:
            return None
        days |= {*found}
    return tuple(sorted(days))


def _range(part: str) -> tuple[int, ...] | None:
    if (day := weekday_of(part)) is not None:
        return (day,)
    # A name may have a dash itself: "segunda-feira".
    for dash in re.finditer("-", part):
        first, last = weekday_of(part[: dash.start()]), weekday_of(part[dash.end() :])
        if first is not None and last is not None:
            return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))
    return None


@cache
def _named() -> dict[str, tuple[int, ...]]:
    """Return the days that a word for several means, by the folded word."""
    groups = (
        (words_of("weekdays.every_day"), range(7)),
        (words_of("weekdays.working_days"), range(5)),
        (words_of("weekdays.weekend"), (5, 6)),
    )
    return {fold_name(word).replace("-", ""): tuple(days) for words, days in groups for word in words}
