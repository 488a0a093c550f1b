"""Trial of a feed: one answer, and what would be stored of it. Nothing is."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.services.answers import AnswerError, Place, WeatherAnswer
from flux_pipeline.orchestration.fetching._events import query_of
from flux_pipeline.orchestration.fetching._services import address_of, event_service, weather_service
from flux_pipeline.orchestration.fetching._weather import due_answers, places_of
from flux_pipeline.orchestration.fetching.fetch import now_utc
from flux_pipeline.records.feeds import Feed
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.answers import event_rows, without_place
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.wording import count_of

EVENT_COLUMNS = ["name", "kind", "starts_at", "ends_at", "expected_attendance"]


@dataclass(frozen=True)
class Trial:
    """What would be stored: a table for people, and what an answer lacks."""

    title: str
    rows: pd.DataFrame
    sentences: list[str]


def try_feed(store: Store, feed: Feed) -> Trial:
    """Ask a source once, about the place of the first restaurant that has one, and return what would be stored.

    Raises:
        PermanentError: no restaurant has coordinates, the source refuses, or its answer can't be believed.
        TransientError: it does not answer now.
    """
    with store.fleet() as connection:
        places, _ = places_of(list_restaurants(connection, active_only=True))
    if feed.kind.is_by_place and not places:
        raise PermanentError(
            "No active restaurant has coordinates, so there is no place to ask about. Give them with "
            "`flux restaurants change SLUG --latitude 48.86 --longitude 2.35`."
        )
    now = now_utc()
    with address_of(feed, now_utc) as url:
        if feed.kind.is_weather:
            due = due_answers(now)[0]
            (answer,) = weather_service(store.settings, url).fetch(places[:1], due.product, due.first, due.last)
            if isinstance(answer, AnswerError):
                raise answer
            return _weather_trial(answer)
        place = places[0] if feed.kind.is_by_place else None
        events = event_service(feed, store.settings, url).fetch(query_of(feed, place, now))
    rows = event_rows(events, feed, now)
    lost = without_place(rows, feed)
    sentences = [*([lost] if lost else []), *(f"{part.where}: {part.sentence}" for part in events.set_aside)]
    return _event_trial(rows, sentences, place)


def _weather_trial(answer: WeatherAnswer) -> Trial:
    rows = answer.rows
    by_day = rows.groupby(rows["valid_at"].dt.date)
    days = pd.DataFrame(
        {
            "hours": by_day.size(),
            "temperature_c": by_day["temperature_c"].mean().round(1),
            "precipitation_mm": by_day["precipitation_mm"].sum().round(1),
            "wind_mps": by_day["wind_mps"].mean().round(1),
            "cloud_pct": by_day["cloud_pct"].mean().round(),
        }
    )
    hours = f"{len(rows)} of {count_of(answer.expected_hours, 'hour')}"
    title = f"Forecast for {answer.place.key}: {hours}, by day (UTC)"
    return Trial(title, days.rename_axis("day").reset_index(), [part.sentence for part in answer.set_aside])


def _event_trial(rows: pd.DataFrame, sentences: list[str], place: Place | None) -> Trial:
    where = "" if place is None else f" around {place.key}"
    ahead = rows.sort_values("starts_at") if len(rows) else rows
    today = pd.Timestamp(dt.datetime.now(dt.UTC)).normalize()
    if len(ahead) and (ahead["starts_at"] >= today).any():
        ahead = pd.concat([ahead[ahead["starts_at"] >= today], ahead[ahead["starts_at"] < today]])
    return Trial(f"{count_of(len(rows), 'event')}{where}", ahead.reindex(columns=EVENT_COLUMNS), sentences)
