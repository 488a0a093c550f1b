"""Open-Meteo, and services that answer as it does: forecasts, past weather, and forecasts of earlier days.

Open-Meteo serves non-commercial use without a key: 600 calls a minute, 5,000 an hour, 10,000 a day. It counts a request
as one call for each place, and as more if it is about more than ten variables or two weeks. Forecasts reach 16 days
ahead, today included. The archive's most recent days come in with a delay (ECMWF's analysis some two days, ERA5 five)
and are null until then. Forecasts of earlier days exist since January 2024.
"""

import datetime as dt
from collections.abc import Sequence

from flux_pipeline.feeds.services._addresses import Access
from flux_pipeline.feeds.services._budget import Timing
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.ingest.services.answers import AnswerError, Place, Product, WeatherAnswer
from flux_pipeline.ingest.services.openmeteo import VARIABLES, read_weather_answers
from flux_pipeline.settings import Settings

# It takes up to 1,000. A year of 50 places is a body of some 20 MB, and one that is lost is soon fetched again.
PLACES_PER_CALL = 50
# How many days back its forecasts of earlier days reach.
LEAD_DAYS = range(1, 8)


class OpenMeteo:
    """A `WeatherService`. `url`, the address of a feed, takes the place of all three addresses of the settings."""

    places_per_call = PLACES_PER_CALL

    def __init__(self, settings: Settings, url: str | None = None, timing: Timing | None = None) -> None:
        access = Access(
            "Open-Meteo",
            "the address of the feed" if url else "the FLUX_WEATHER_..._URL settings",
            settings.weather_api_key,
            "FLUX_WEATHER_API_KEY",
            "apikey",
        )
        self._client = Client(access, settings, timing)
        self._addresses = {
            Product.FORECAST: f"{(url or settings.weather_forecast_url).rstrip('/')}/v1/forecast",
            Product.OBSERVED: f"{(url or settings.weather_archive_url).rstrip('/')}/v1/archive",
            Product.PAST_FORECASTS: f"{(url or settings.weather_previous_runs_url).rstrip('/')}/v1/forecast",
        }

    def fetch(
        self, places: Sequence[Place], product: Product, first: dt.date, last: dt.date
    ) -> list[WeatherAnswer | AnswerError]:
        """Return the weather of each place; see `WeatherService`. All places are one request."""
        query = {
            "latitude": ",".join(f"{place.latitude:g}" for place in places),
            "longitude": ",".join(f"{place.longitude:g}" for place in places),
            "hourly": ",".join(_variables(product)),
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            # Local times would be ambiguous for an hour of each autumn.
            "timezone": "GMT",
            "wind_speed_unit": "ms",
        }
        body = self._client.get(self._client.budget(), self._addresses[product], query, reason_field="reason")
        return read_weather_answers(body, places, product, first, last)


def _variables(product: Product) -> list[str]:
    if product is Product.PAST_FORECASTS:
        return [f"{name}_previous_day{days}" for name in VARIABLES for days in LEAD_DAYS]
    return list(VARIABLES)
