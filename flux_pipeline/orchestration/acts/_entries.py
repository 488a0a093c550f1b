"""Entries of the launchpad: the placeholders that it shows, and the checks of what a person typed instead.

Bounds are checked here and not by the fields of a config, because Dagster retries a step whose config a field refuses,
and shows no sentence.
"""

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import Any

import dagster as dg

from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import shortened

DAY, PERSON, UPLOAD = "YYYY-MM-DD", "name@example.org", "ID"
PLACEHOLDERS = {DAY, PERSON, UPLOAD}
# As long as the address of a person may be; no name of an item is longer.
LONGEST = 320
SHOWN = 40


def in_launchpad(op: str, entry: dg.Config) -> Mapping[str, Any]:
    """Return the run config that the launchpad shows once a restaurant is chosen: every key with its placeholder."""
    values = {key: value.name if isinstance(value, Enum) else value for key, value in entry}
    return {"ops": {op: {"config": values}}}


def filled_in(key: str, value: str, expected: str) -> str:
    """Return what was typed for a key.

    Raises:
        PermanentError: it is empty, too long or still the placeholder.
    """
    typed = value.strip()
    if not typed or typed in PLACEHOLDERS or len(typed) > LONGEST:
        found = shortened(value, SHOWN)
        raise PermanentError(f"{key} is {found!r}; expected {expected}. Fill it in and launch the run again.")
    return typed


def parsed_day(key: str, value: str) -> dt.date:
    """Return the day that was typed for a key.

    Raises:
        PermanentError: it is still the placeholder, or not a date.
    """
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError:
        raise PermanentError(f"{key} is {shortened(value, SHOWN)!r}; expected a date like 2026-03-31.") from None
