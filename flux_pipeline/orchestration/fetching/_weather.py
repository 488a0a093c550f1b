"""Weather of the restaurants' places: which answers are due, asked for in batches, each stored before the next.

Restaurants in one cell of the grid share its answers. Beside the forecast and the last days' observations, the past is
asked for once, for a few places a run: three years of observations, and the forecasts of the last months.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flux_pipeline.errors import FluxError
from flux_pipeline.feeds.services.weather import WeatherService
from flux_pipeline.ingest.kinds.places import place_key
from flux_pipeline.ingest.services.answers import AnswerError, Place, Product, WeatherAnswer
from flux_pipeline.orchestration.fetching.outcome import Outcome, in_batches
from flux_pipeline.records.feeds import Feed, vintage_of
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.answers import store_weather
from flux_pipeline.store.feeds.calls import Call, record_failed, stored_answers
from flux_pipeline.store.restaurant import Restaurant

# The most that Open-Meteo forecasts; the longest horizon of demand is longer, and its rest is the usual weather.
DAYS_AHEAD = 16
# An archive is complete after two to five days, so the last ones are asked for again.
DAYS_OBSERVED = 10
# As many days as a demand forecast uses (`forecast_history_days`).
DAYS_OF_HISTORY = 1200
# Backtests look eight weeks back.
DAYS_OF_PAST_FORECASTS = 70
# The past is large: some 30,000 hours a place.
PLACES_OF_HISTORY = 6
HISTORY_PER_CALL = 2
NO_VALUE = "No hour of the answer has a value; expected weather. It is asked for again in the next run."
# The past is one vintage, asked for once.
ONCE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Due:
    """An answer that is due about each place.

    Attributes:
        name: its name in `feed_calls`.
        product: what is asked of the service.
        first, last: the days (UTC) that it is about.
        vintage: the beginning of the period for which one answer is enough.
        most_places: for how many places a run asks; None: all.
        per_call: about how many places a call asks; None: as many as the service allows.
    """

    name: str
    product: Product
    first: dt.date
    last: dt.date
    vintage: dt.datetime
    most_places: int | None = None
    per_call: int | None = None


def due_answers(now: dt.datetime) -> tuple[Due, ...]:
    """Return what is due about each place at a moment, the most urgent first."""
    today = now.astimezone(dt.UTC).date()
    yesterday, observed_from = today - dt.timedelta(days=1), today - dt.timedelta(days=DAYS_OBSERVED)
    ahead = today + dt.timedelta(days=DAYS_AHEAD - 1)
    past, lately = (today - dt.timedelta(days=days) for days in (DAYS_OF_HISTORY, DAYS_OF_PAST_FORECASTS))
    return (
        Due("forecast", Product.FORECAST, today, ahead, vintage_of(now)),
        Due("observed", Product.OBSERVED, observed_from, yesterday, vintage_of(now, hours=24)),
        _once("history", Product.OBSERVED, past, observed_from - dt.timedelta(days=1)),
        _once("past forecasts", Product.PAST_FORECASTS, lately, yesterday),
    )


def _once(name: str, product: Product, first: dt.date, last: dt.date) -> Due:
    return Due(name, product, first, last, ONCE, PLACES_OF_HISTORY, HISTORY_PER_CALL)


def places_of(restaurants: Iterable[Restaurant]) -> tuple[list[Place], list[str]]:
    """Return the places of restaurants, each once, and the slugs of those without coordinates."""
    places: dict[str, Place] = {}
    nowhere = []
    for restaurant in restaurants:
        if restaurant.latitude is None or restaurant.longitude is None:
            nowhere.append(restaurant.slug)
            continue
        key = place_key(restaurant.latitude, restaurant.longitude)
        # The middle of the cell has the coordinates that its key names.
        latitude, longitude = map(float, key.split(","))
        places[key] = Place(key, latitude, longitude)
    return list(places.values()), nowhere


def fetch_weather(
    store: Store,
    feed: Feed,
    service: WeatherService,
    places: Sequence[Place],
    clock: Callable[[], dt.datetime],
    *,
    again: bool = False,
) -> Outcome:
    """Ask a service for the answers that are due about the places, and store each batch before the next is asked for.

    After a kill, what is stored is not asked for again. A service that does not answer is not asked any more.

    Args:
        store: Flux's database.
        feed: the feed whose service it is.
        service: the service.
        places: the places of the restaurants.
        clock: returns the present moment.
        again: whether to ask for forecasts and observations that are stored already.
    """
    outcome = Outcome()
    for due in due_answers(clock()):
        vintage = clock() if again and due.most_places is None else due.vintage
        with store.feeds() as connection:
            stored = stored_answers(connection, feed, due.name, vintage)
        left = [place for place in places if place.key not in stored]
        outcome.known += len(places) - len(left)
        for batch in in_batches(left[: due.most_places], due.per_call or service.places_per_call):
            if not _fetch_batch(store, feed, service, due, vintage, batch, clock, outcome):
                return outcome
    return outcome


def _fetch_batch(
    store: Store,
    feed: Feed,
    service: WeatherService,
    due: Due,
    vintage: dt.datetime,
    places: Sequence[Place],
    clock: Callable[[], dt.datetime],
    outcome: Outcome,
) -> bool:
    """Ask about some places and store the answers; return whether the service answered."""
    calls = [Call(feed, due.name, place.key, vintage) for place in places]
    failure: FluxError | None = None
    answers: Sequence[WeatherAnswer | AnswerError] = ()
    try:
        answers = service.fetch(places, due.product, due.first, due.last)
    except FluxError as exc:
        failure = exc
    answered_at = clock()
    with store.feeds() as connection:
        if failure is not None:
            outcome.failures.append(record_failed(connection, calls[0], answered_at, str(failure)))
            return isinstance(failure, AnswerError)
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, AnswerError):
                outcome.failures.append(record_failed(connection, call, answered_at, str(answer)))
            # A server may keep no earlier forecasts, and will have none the next time.
            elif answer.rows.empty and due.product is not Product.PAST_FORECASTS:
                outcome.failures.append(record_failed(connection, call, answered_at, NO_VALUE))
            else:
                stored = store_weather(connection, due.product, answered_at, call, answer)
                outcome.add(f"{feed.name}, {due.name} of {call.about}", stored)
    return True
