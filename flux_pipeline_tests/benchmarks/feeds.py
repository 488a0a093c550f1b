"""Feeds of a large fleet: seconds, calls and memory of a fetch for 1,000 restaurants in 200 places.

`python -m flux_pipeline_tests.benchmarks.feeds` asks the stand-in, which runs in a process of its own, on a database of
its own. The past, which is asked for a few places a run, is measured apart.
"""

import datetime as dt
import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from flux_pipeline.demo.stand_in.server import serve
from flux_pipeline.orchestration.fetching._weather import PLACES_OF_HISTORY
from flux_pipeline.orchestration.fetching.fetch import fetch_feeds
from flux_pipeline.records.feeds import Feed, FeedKind, FeedOptions
from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.registry import add_feed
from flux_pipeline.store.postgres import server
from flux_pipeline.store.schema.ready import make_ready
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

RESTAURANTS, PLACES = 1_000, 200
NOW = dt.datetime(2026, 11, 21, 7, 30, tzinfo=dt.UTC)
FETCHES = 3


def stand_in(asked: Connection) -> None:
    """Serve until False comes; each message is answered with the number of requests since the last one."""
    with serve(NOW.date()) as services:
        asked.send(services.url)
        while asked.recv():
            asked.send(len(services.requests))
            services.requests.clear()


def add_restaurants(store: Store) -> None:
    """Add the restaurants, five to a place."""
    for number in range(RESTAURANTS):
        latitude = 44 + number % PLACES // 20 * 0.7 + number // PLACES * 0.001
        longitude = 4 + number % PLACES % 20 * 0.7
        new = NewRestaurant(f"r{number}", f"R {number}", "Europe/Berlin", "EUR", "DE", latitude, longitude)
        add_restaurant(store, new)


def main() -> None:
    """Print a table with a line for each fetch."""
    ours, theirs = multiprocessing.Pipe()
    services = multiprocessing.get_context("spawn").Process(target=stand_in, args=(theirs,), daemon=True)
    services.start()
    with tempfile.TemporaryDirectory(prefix="flux-bench-") as folder:
        # Without a limit, so that Flux and not the pace of a service is measured.
        settings = load_settings(home=Path(folder), server_idle_minutes=0, feed_calls_per_minute=100_000)
        store = Store.connect(settings)
        try:
            make_ready(store)
            add_restaurants(store)
            add_feed(store, Feed("open-meteo", FeedKind.OPEN_METEO, ours.recv(), FeedOptions()))
            print(f"{RESTAURANTS} restaurants in {PLACES} places, the past of {PLACES_OF_HISTORY} places in each fetch")
            print("fetch                 calls   answers     rows   seconds   memory MB")
            for number in range(FETCHES):
                _measure(store, ours, f"{number + 1}: new vintage", NOW + dt.timedelta(hours=6 * number))
            _measure(store, ours, "again: only the past", NOW + dt.timedelta(hours=6 * (FETCHES - 1)))
        finally:
            store.dispose()
            server.stop(settings.home)
    ours.send(False)
    services.join()


def _measure(store: Store, services: Connection, name: str, at: dt.datetime) -> None:
    began = time.perf_counter()
    (outcome,) = fetch_feeds(store, weather=True, clock=lambda: at).values()
    seconds = time.perf_counter() - began
    services.send(True)
    calls = services.recv()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<20} {calls:6} {outcome.answers:9} {outcome.rows:8,} {seconds:9.1f} {memory:11.0f}")
    for failure in outcome.failures:
        print(f"  {failure}")


if __name__ == "__main__":
    main()
