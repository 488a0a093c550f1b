"""Time zones by their names, and the instants of local times in them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

# Names that a system may know and that mean something else on each.
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})
_OF_UTC = frozenset({"UTC", "GMT", "Z"})


def zone_called(name: object) -> ZoneInfo | None:
    """Return the zone of an IANA name, UTC for "GMT" and "Z"; None if there is none of that name."""
    if not isinstance(name, str) or name in _NO_PLACES or name.startswith(("posix/", "right/")):
        return None
    try:
        return ZoneInfo("UTC" if name.strip().upper() in _OF_UTC else name.strip())
    except (KeyError, ValueError, OSError):
        return None


def instant_of(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the instant (UTC) of a local time without zone; of a repeated time the first, of a skipped one the end."""
    return local.replace(tzinfo=zone).astimezone(dt.UTC)


def instants_of(local: dt.datetime, zone: ZoneInfo) -> list[dt.datetime]:
    """Return the instants (UTC) at which the clocks of a zone show a time: one, two when put back, none when skipped.

    Raises OverflowError for a time at either end of those that Python counts.
    """
    at = sorted({local.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1)})
    return [each for each in at if each.astimezone(zone).replace(tzinfo=None, fold=0) == local]


def start_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return the instant (UTC) at which a local day begins."""
    return instant_of(dt.datetime.combine(day, dt.time()), zone)


def day_marks(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Return the start and the end of an event of whole days: 00:00 UTC of the first, and of the day after the last."""
    begin, end = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (first, last))
    return begin, end + dt.timedelta(days=1)
