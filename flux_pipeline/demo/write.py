"""Files of the demo: sales, menus, staff and kitchens, written to a landing folder. Only this module of it writes."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flux_pipeline.demo._defects import with_defects
from flux_pipeline.demo._kitchen import simulate_kitchen
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo._staff import simulate_staff
from flux_pipeline.demo._stock import StockTables, simulate_stock
from flux_pipeline.demo.calendar import demo_window
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.weather import simulate_weather

SALES = "sales"


@dataclass(frozen=True)
class WrittenFile:
    """A restaurant's file in the landing folder, and its kind as the folder names it."""

    path: Path
    restaurant_slug: str
    kind: str
    rows: int


def write_upload_files(landing: Path, today: dt.date) -> list[WrittenFile]:
    """Simulate the demo up to the day before `today` and write the files its restaurants would upload.

    The same `today` gives the same bytes. An existing file with the same bytes is not written again, so that sensors of
    the folder see no change. A file appears whole or not at all.

    Args:
        landing: the landing folder; folders below it are created.
        today: the first day that isn't history.

    Returns:
        The files of each restaurant: its sales and menu, its staff, its kitchen, then its stock.
    """
    first_day, last_day = demo_window(today)
    restaurants = demo_restaurants()
    skies = [simulate_weather(each.latitude, each.longitude, first_day, last_day) for each in restaurants]
    weather, events = pd.concat(skies, ignore_index=True), simulate_events(first_day, last_day)
    written = []
    for restaurant in restaurants:
        simulated = simulate_sales(restaurant, first_day, last_day, weather, events)
        written.append(_write(landing, restaurant.slug, SALES, with_defects(restaurant, simulated.sales)))
        sold = restaurant.items[restaurant.items["item"].isin(simulated.sales["item"])]
        files = {"menu": sold[["item", "category"]]}
        kitchen = simulate_kitchen(restaurant, today)
        files |= simulate_staff(restaurant, today) | kitchen
        files |= simulate_stock(restaurant, StockTables.of(kitchen), simulated.sales, today)
        for kind, frame in files.items():
            written.append(_write(landing, restaurant.slug, kind, frame))
    return written


def _write(landing: Path, slug: str, kind: str, frame: pd.DataFrame) -> WrittenFile:
    path, content = landing / slug / kind / f"{slug}_{kind}.csv", _as_csv(frame).encode()
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A leading dot hides the unfinished file from readers of the folder; a rename within a folder is atomic.
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return WrittenFile(path, slug, kind, len(frame))


def _as_csv(frame: pd.DataFrame) -> str:
    if "price" in frame:
        prices = frame["price"].map("{:.2f}".format).where(frame["price"].notna(), "")
        frame = frame.assign(price=prices)
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text
