"""Weather services: what each of them can be asked for. A further provider is a module with a class of this shape."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from flux_pipeline.ingest.services.answers import AnswerError, Place, Product, WeatherAnswer


class WeatherService(Protocol):
    """A service that has the hourly weather of any point.

    Attributes:
        places_per_call: the most places that one `fetch` takes.
    """

    places_per_call: int

    def fetch(
        self, places: Sequence[Place], product: Product, first: dt.date, last: dt.date
    ) -> list[WeatherAnswer | AnswerError]:
        """Return the weather of each place on the days (UTC) `first` to `last`, both included, in this order.

        Raises:
            TransientError: no answer now, but perhaps later.
            PermanentError: no answer to this question at all; an AnswerError if one came that can't be believed.
        """
