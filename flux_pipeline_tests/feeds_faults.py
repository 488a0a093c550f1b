"""Faults of services outside, on demand: each changes an answer of the stand-in before it is sent."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from flux_pipeline.demo.stand_in._exchange import Answer, Asked, as_json
from flux_pipeline.demo.stand_in.server import Tamper


def slow(seconds: float) -> Tamper:
    """Answer after a while."""

    def tamper(_: Asked, answer: Answer) -> Answer:
        time.sleep(seconds)
        return answer

    return tamper


def dripping(seconds: float) -> Tamper:
    """Send a byte, then a pause, and so on."""

    def tamper(_: Asked, answer: Answer) -> Answer:
        def pieces() -> Iterator[bytes]:
            for at in range(len(answer.body)):
                yield answer.body[at : at + 1]
                time.sleep(seconds)

        return dataclasses.replace(answer, body=pieces(), length=len(answer.body))

    return tamper


def status(code: int, times: int = 1_000, headers: dict[str, str] | None = None) -> Tamper:
    """Answer another status to the first requests."""

    def tamper(asked: Asked, answer: Answer) -> Answer:
        return Answer(b"no", code, headers=headers or {}) if asked.number <= times else answer

    return tamper


def busy(seconds: int, times: int = 1, as_date: bool = False) -> Tamper:
    """Answer 429 and ask to wait: in seconds, or until a date."""

    def tamper(asked: Asked, answer: Answer) -> Answer:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
        value = format_datetime(until, usegmt=True) if as_date else str(seconds)
        return status(429, times, {"Retry-After": value})(asked, answer)

    return tamper


def cut(times: int = 1_000) -> Tamper:
    """Announce the whole body, send half of it and hang up."""

    def tamper(asked: Asked, answer: Answer) -> Answer:
        if asked.number > times:
            return answer
        return dataclasses.replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body))

    return tamper


def html(_: Asked, __: Answer) -> Answer:
    """Answer a page of HTML with 200, as a portal of a network does."""
    return Answer(b"<!DOCTYPE html><html><body>Please log in</body></html>", content_type="text/html")


def error(_: Asked, __: Answer) -> Answer:
    """Answer an error with 200."""
    return as_json({"error": True, "reason": "Something went wrong."})


def changed(change: Callable[[dict[str, Any]], None]) -> Tamper:
    """Change the weather of each place."""

    def tamper(_: Asked, answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        value = answer.json()
        for place in value if isinstance(value, list) else [value]:
            change(place)
        return as_json(value)

    return tamper


def _values(place: dict[str, Any]) -> Iterator[list[Any]]:
    return (values for name, values in place["hourly"].items() if name != "time")


def _blank_every_third(place: dict[str, Any]) -> None:
    for values in _values(place):
        values[::3] = [None] * len(values[::3])


def _heat(place: dict[str, Any]) -> None:
    for name, values in place["hourly"].items():
        if name.startswith("temperature_2m"):
            values[:] = [999.0] * len(values)


def _drop_last_hour(place: dict[str, Any]) -> None:
    for values in place["hourly"].values():
        del values[-1]


def _move(place: dict[str, Any]) -> None:
    place["latitude"] += 0.36


def _reverse_time(place: dict[str, Any]) -> None:
    place["hourly"]["time"].reverse()


def _be_elsewhere(place: dict[str, Any]) -> None:
    place["latitude"], place["longitude"] = -33.875, 151.25


nulls_in_a_third = changed(_blank_every_third)
too_hot = changed(_heat)
an_hour_short = changed(_drop_last_hour)
grid_point_40_km_away = changed(_move)
time_running_backwards = changed(_reverse_time)
another_place = changed(_be_elsewhere)


def endless_pages() -> Tamper:
    """Answer every page with a next one, each with further events: those of the first with other ids."""
    return _pages(lambda text, number: f"{text}-{number}")


def repeated_page() -> Tamper:
    """Answer the first page for ever, each time with a next one."""
    return _pages(lambda text, _: text)


def _pages(renamed: Callable[[str, int], str]) -> Tamper:
    first: list[Answer] = []

    def tamper(asked: Asked, answer: Answer) -> Answer:
        first.append(answer)
        value = first[0].json()
        if "results" in value:
            value["next"] = f"{asked.base}{asked.path}?{urlencode(asked.query | {'offset': asked.number})}"
            events = value["results"]
        else:
            value["page"] |= {"totalPages": 10_000, "totalElements": 900, "number": asked.number - 1}
            events = value["_embedded"]["events"]
        for event in events:
            event["id"] = renamed(event["id"], asked.number)
        return as_json(value)

    return tamper
