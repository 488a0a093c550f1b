"""The demo's sales files, written to a landing folder. No other module of the demo writes."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flux_pipeline.demo._defects import with_defects
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo.calendar import demo_window
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.weather import simulate_weather

# The kind of the files, as the landing folder names it.
SALES = "sales"


@dataclass(frozen=True)
class WrittenFile:
    """A restaurant's file in the landing folder."""

    path: Path
    restaurant_slug: str
    rows: int


def write_upload_files(landing: Path, today: dt.date) -> list[WrittenFile]:
    """Simulate the demo up to the day before `today` and write the files its restaurants would upload.

    The same `today` gives the same bytes. An existing file with the same bytes is not written again, so that sensors of
    the folder see no change. A file appears whole or not at all.

    Args:
        landing: the landing folder; folders below it are created.
        today: the first day that isn't history.

    Returns:
        A file of each restaurant.
    """
    first_day, last_day = demo_window(today)
    restaurants = demo_restaurants()
    skies = [simulate_weather(each.latitude, each.longitude, first_day, last_day) for each in restaurants]
    weather, events = pd.concat(skies, ignore_index=True), simulate_events(first_day, last_day)
    written = []
    for restaurant in restaurants:
        simulated = simulate_sales(restaurant, first_day, last_day, weather, events)
        path = landing / restaurant.slug / SALES / f"{restaurant.slug}_sales.csv"
        written.append(_write(path, with_defects(restaurant, simulated.sales), restaurant.slug))
    return written


def _write(path: Path, frame: pd.DataFrame, restaurant_slug: str) -> WrittenFile:
    content = _as_csv(frame).encode()
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A leading dot hides the unfinished file from readers of the folder; a rename within a folder is atomic.
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return WrittenFile(path, restaurant_slug, len(frame))


def _as_csv(frame: pd.DataFrame) -> str:
    if "price" in frame:
        prices = frame["price"].map("{:.2f}".format).where(frame["price"].notna(), "")
        frame = frame.assign(price=prices)
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text
