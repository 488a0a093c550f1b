"""Event services: what each of them can be asked for."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Protocol

from flux_pipeline.ingest.services.answers import EventAnswer


@dataclass(frozen=True)
class EventQuery:
    """The events of the days `first` to `last`, both included, within `radius_km` of a point (degrees).

    A calendar has those of its own place and is asked without a point.
    """

    first: dt.date
    last: dt.date
    latitude: float = math.nan
    longitude: float = math.nan
    radius_km: float = math.nan


class EventService(Protocol):
    """A service that has the events around a point."""

    def fetch(self, query: EventQuery) -> EventAnswer:
        """Return the events; a calendar has those of its own place, wherever the query's point is.

        Raises:
            TransientError: no answer now, but perhaps later.
            PermanentError: no answer to this question at all; an AnswerError if one came that can't be believed.
        """
