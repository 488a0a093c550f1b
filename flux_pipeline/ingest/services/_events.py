"""Events of services in JSON, one by one: what their readers share, and the kinds of events of their categories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from flux_pipeline.ingest.services._body import number_in, quoted
from flux_pipeline.ingest.services._rows import EventRow, event_rows
from flux_pipeline.ingest.services.answers import EventPage, SetAside
from flux_pipeline.names import fold_name
from flux_pipeline.wording import printable, shortened

_LONGEST_NAME, _LONGEST_ID = 199, 200
# No gathering has been larger than some tens of millions.
_MOST_GUESTS = 1e8
_EVENT = "event"
# The segments and genres of Ticketmaster and the categories of PredictHQ. None: left out, because Flux knows it from
# elsewhere, or because nobody gathers.
_KINDS: dict[str, str | None] = {
    **dict.fromkeys(("music", "concerts", "concert"), "concert"),
    **dict.fromkeys(("sports", "sport"), "sport"),
    **dict.fromkeys(("arts & theatre", "performing-arts", "comedy", "circus & specialty acts", "ice shows"), "theatre"),
    **dict.fromkeys(("festivals", "fairs & festivals", "festival"), "festival"),
    **dict.fromkeys(("expos", "expo", "conventions/expos"), "trade_fair"),
    **dict.fromkeys(("conferences", "lecture/seminar"), "conference"),
    **dict.fromkeys(("community", "community/civic", "family", "holiday", "parade"), "community"),
    "film": "film",
    "school-holidays": "school_holiday",
    **dict.fromkeys(("public-holidays", "observances", "daylight-savings", "politics", "academic")),
    **dict.fromkeys(("airport-delays", "severe-weather", "disasters", "terror", "health-warnings", "weather")),
}


class NoRowError(Exception):
    """An event that gives no row: a reason code and the sentence, or no reason if it is cancelled."""

    def __init__(self, reason: str, sentence: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason


CANCELLED = "cancelled"


def read_page(
    events: Iterable[Any], read: Callable[[dict[str, Any], str], EventRow], next_page: str | None, is_full: bool
) -> EventPage:
    """Return a page of events. `read` returns the row of an event with its id, or raises NoRowError."""
    rows: list[EventRow] = []
    cancelled: set[str] = set()
    set_aside: list[SetAside] = []
    for number, event in enumerate(events, start=1):
        external_id = event.get("id") if isinstance(event, dict) else None
        if not isinstance(external_id, str) or not _may_be_id(external_id):
            sentence = f"The event has the id {quoted(external_id)[:60]}; expected a short text."
            set_aside.append(SetAside("missing_id", f"event {number}", sentence))
            is_full = False
            continue
        try:
            rows.append(read(event, external_id))
        except NoRowError as error:
            if error.reason == CANCELLED:
                cancelled.add(external_id)
            else:
                set_aside.append(SetAside(error.reason, quoted(external_id), str(error), external_id=external_id))
        except OverflowError:
            sentence = "The event is at the end of all time; expected one of these centuries."
            set_aside.append(SetAside("bad_date", quoted(external_id), sentence, external_id=external_id))
    frame = event_rows(row for row in rows if row.external_id not in cancelled)
    return EventPage(frame, frozenset(cancelled), tuple(set_aside), next_page, is_full)


def _may_be_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and printable(text) == text


def name_of(value: object) -> str:
    """Return the name of an event; raise NoRowError if it has none."""
    name = " ".join(printable(value).split()) if isinstance(value, str) else ""
    if not name:
        raise NoRowError("missing_name", f"The event has the name {quoted(value)[:60]}; expected a text.")
    return shortened(name, _LONGEST_NAME)


def kind_of(categories: Iterable[object]) -> str:
    """Return the kind of the first category that is known; raise NoRowError for one that is left out."""
    for category in categories:
        if isinstance(category, str) and (name := fold_name(category)) in _KINDS:
            kind = _KINDS[name]
            if kind is None:
                raise NoRowError("not_used", f"The category '{quoted(category)}' is not a gathering of people.")
            return kind
    return _EVENT


def point_of(latitude: object, longitude: object) -> tuple[float | None, float | None]:
    """Return degrees north and east, as numbers or texts of numbers; None for both if they are no place."""
    try:
        north, east = (float(each) if isinstance(each, str) else number_in(each) for each in (latitude, longitude))
    except ValueError:
        return None, None
    if north is None or east is None or not (abs(north) <= 90 and abs(east) <= 180) or north == east == 0:
        return None, None
    return north, east


def attendance_of(value: object) -> int | None:
    """Return how many people are expected; None if it isn't known or can't be."""
    number = number_in(value)
    return round(number) if number is not None and 0 <= number <= _MOST_GUESTS else None


def day_of(value: object) -> dt.date | None:
    """Return a day as in ISO 8601, None if there is none."""
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def clock_of(value: object) -> dt.time | None:
    """Return a time of day without a zone as in ISO 8601, None if there is none."""
    try:
        found = dt.time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if found is None or found.tzinfo else found


def moment_of(value: object) -> dt.datetime | None:
    """Return a day and time as in ISO 8601, aware if it names a zone, None if there is none."""
    try:
        return dt.datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 10 else None
    except ValueError:
        return None
