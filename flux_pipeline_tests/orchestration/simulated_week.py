"""A week of four restaurants around the world: their files, the nights of the schedule, and a clean rebuild of it all.

The week has the night in which clocks in America are put forward.
"""

import datetime as dt
import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator

import dagster as dg
from sqlalchemy import text

from flux_pipeline.demo.weather import simulate_weather
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import as_of_config
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.alerts import list_alerts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.orchestration.simulated_daemon import SimulatedDaemon
from flux_pipeline_tests.soak.rebuild import TABLES, differences, files_in_use, load_again, rows_of, sha256_of
from flux_pipeline_tests.store.handing_in import ask

CITIES = (
    NewRestaurant("berlin", "Berlin", "Europe/Berlin", "EUR", "DE", 52.52, 13.4),
    NewRestaurant("la", "Los Angeles", "America/Los_Angeles", "USD", "US", 34.05, -118.24),
    NewRestaurant("new-york", "New York", "America/New_York", "USD", "US", 40.71, -74.01),
    NewRestaurant("tokyo", "Tokyo", "Asia/Tokyo", "JPY", "JP", 35.68, 139.69),
)
MENU = {"Soup": 4.5, "Bread": 1.2, "Tea": 2.0, "Cake": 3.8}
DAYS = [dt.date(2026, 3, 2) + dt.timedelta(days=n) for n in range(7)]
FIRST_SALES = DAYS[0] - dt.timedelta(weeks=10)
DAY, HOUR, QUARTER = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=15)
START = dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC)
DAY_OF_ROW = re.compile(r'"(?:as_of|forecast_date)": "(.*?)"')
FORECAST_AGAIN = "SELECT as_of FROM demand_forecasts GROUP BY 1 HAVING count(DISTINCT algorithm_run_id) > 1"
PUBLISHED = """
SELECT (SELECT count(*) FROM demand_forecasts
        WHERE is_current AND NOT is_retrospective AND as_of = :day AND forecast_date = :ahead),
       (SELECT count(DISTINCT period_start) FROM staffing_forecasts
        WHERE is_current AND as_of = :day AND forecast_date = :ahead)
"""


class Week:
    """The restaurants, what happens to them, and what a database without any of it becomes by a clean rebuild."""

    def __init__(self, store: Store, empty: Store, daemon: SimulatedDaemon, fleet: dict[str, Restaurant]) -> None:
        self.store, self.empty, self.daemon, self.fleet = store, empty, daemon, fleet
        self.contents: dict[str, tuple[str, bytes]] = {}
        # When each restaurant's last run for each day was created.
        self.runs: dict[tuple[str, dt.date], dt.datetime] = {}

    def drop(self, owner: str, kind: str, name: str, content: str, at: dt.datetime) -> None:
        """Drop a file into the landing folder at a moment."""
        self.contents[sha256_of(content.encode())] = (name, content.encode())
        path = drop(self.store, owner, kind, name, content)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def ends(self, slug: str, day: dt.date) -> dt.datetime:
        """Return the moment at which a restaurant's business day ends."""
        return self.fleet[slug].end_of_business_day(day)

    def nights(self) -> list[tuple[dt.datetime, str, dt.date]]:
        """Return the nights of all restaurants, as they follow one another around the world."""
        return sorted((self.ends(slug, day), slug, day) for slug in self.fleet for day in DAYS)

    def night(self, slug: str, day: dt.date) -> dg.DagsterRun:
        """Let the schedule request a night, and return its run.

        The schedule requests it at the first tick of the day's end and requests no other night, nor any a tick earlier.
        """
        at = self.ends(slug, day)
        if day in (DAYS[0], DAYS[-1]):
            assert self.daemon.nightly(at - QUARTER) == [], (slug, day)
        [request] = self.daemon.nightly(at)
        assert request.run_key == f"{slug} {day}"
        return self.daemon.create(request, at)

    def execute(self, run: dg.DagsterRun, at: dt.datetime) -> None:
        """Execute a run that was created at a moment."""
        self.daemon.execute(run)
        slug = run.tags.get("dagster/partition")
        if slug is not None:
            self.runs[slug, self.fleet[slug].last_complete_business_day(at)] = at

    def notice(self, at: dt.datetime) -> list[str]:
        """Let the sensor request runs for what was dropped, execute them, and return their owners."""
        requests = self.daemon.sense("new_upload_sensor")
        for request in requests:
            self.execute(self.daemon.create(request, at), at)
        assert list(self.daemon.sense("new_upload_sensor")) == [], "something is left"
        return [request.partition_key or "shared" for request in requests]

    def assert_published_in_time(self, slug: str, day: dt.date) -> None:
        """Assert that a forecast of all items for the next two days was made within an hour of the day's end."""
        assert self.runs[slug, day] - self.ends(slug, day) < HOUR
        for ahead in (day + DAY, day + 2 * DAY):
            with self.store.tenant(self.fleet[slug]) as tx:
                items, hours = tx.connection.execute(text(PUBLISHED), {"day": day, "ahead": ahead}).one()
            assert items == len(MENU) and hours > 0, (slug, day, ahead)

    def alerts(self) -> list[tuple[str | None, str]]:
        """Return the open alerts, but those of sales, which are old by this machine's clock."""
        self.daemon.sense("failed_run_sensor")
        with self.store.fleet() as fleet:
            return [(each.slug, each.kind) for each in list_alerts(fleet) if each.kind != "sales_are_fresh"]

    def rebuild(self, daemon: SimulatedDaemon) -> None:
        """Load the files again and run each restaurant once for each day, each file before the runs that knew it."""
        files = files_in_use(self.store)
        add_partitions(daemon.instance, self.fleet)
        for (slug, day), at in sorted(self.runs.items(), key=lambda each: each[1]):
            known = [file for file in files if file.slug in (slug, None) and file.received_at <= at]
            load_again(self.empty, known, self.contents)
            files = [file for file in files if file not in known]
            request = dg.RunRequest(f"{slug} {day}", as_of_config(day), partition_key=slug)
            daemon.execute(daemon.create(request, at))

    def differing_rows(self) -> Iterator[str]:
        """Yield rows that differ from those of the rebuild, in words."""
        for restaurant in [None, *self.fleet.values()]:
            before, after = self._rows(self.store, restaurant), self._rows(self.empty, restaurant)
            assert all(before[table] for table in ("demand_forecasts", "forecast_accuracy") if restaurant)
            for table, count, shown in differences(before, after):
                owner = restaurant.slug if restaurant else "shared"
                days = sorted({*DAY_OF_ROW.findall("\n".join((before[table] - after[table]).keys()))})
                yield "\n".join([f"{owner}: {count} rows of {table} differ, of {', '.join(days)}", *shown])

    def _rows(self, store: Store, restaurant: Restaurant | None) -> dict[str, Counter[str]]:
        """Return the rows to compare, with the scores of the nights that had one run: a score is that of the first.

        Losses of the four-week rule are left out, because it forecasts when the day is scored.
        """
        rows = rows_of(store, restaurant, tables=[*TABLES, "forecast_accuracy"])
        if restaurant is not None:
            forecast_again = {day for (day,) in ask(self.store, restaurant, FORECAST_AGAIN)}
            scores = [json.loads(row) for row in rows["forecast_accuracy"]]
            rows["forecast_accuracy"] = Counter(
                json.dumps({name: value for name, value in score.items() if not name.startswith("four_week")})
                for score in scores
                if dt.date.fromisoformat(score["forecast_date"]) - score["days_ahead"] * DAY not in forecast_again
            )
        return rows


def sales(slug: str, first: dt.date, last: dt.date) -> str:
    """Return what a restaurant sold on some days; the same for a day in every file."""
    lines = ["date,time,item,quantity,price"]
    for n in range((last - first).days + 1):
        day = first + dt.timedelta(days=n)
        rng = random.Random(f"{slug} {day}")
        busy = 1.6 if day.weekday() > 3 else 1.0
        lines += [
            f"{day},{hour}:00,{item},{int(busy * rng.gammavariate(4, 2)) + 1},{price}"
            for item, price in MENU.items()
            for hour in (12, 19)
        ]
    return "\n".join([*lines, ""])


def weather(last_observed: dt.date) -> str:
    """Return the weather of all cities as it is known on the next day: some weeks observed, and the days ahead."""
    first = last_observed - dt.timedelta(weeks=3)
    frames = [
        simulate_weather(float(city.latitude or 0), float(city.longitude or 0), first, last_observed) for city in CITIES
    ]
    return "".join(frame.to_csv(index=False, header=number == 0) for number, frame in enumerate(frames))
