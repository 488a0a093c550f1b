"""Simulated sales in the columns of an upload, with the true means they scatter around.

A day depends only on the restaurant, its date and the seed, so that a longer simulation begins with a shorter one.
`_defects` adds the defects and `write` the files.
"""

import datetime as dt
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from flux_pipeline.demo._prices import unit_prices
from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo._tickets import SoldLines, ring_up, ticket_minutes
from flux_pipeline.demo._truth import expected_quantities
from flux_pipeline.demo.restaurants import DemoRestaurant

TICKET_COLUMNS = ["date", "time", "ticket", "item", "quantity", "price"]
DAILY_COLUMNS = ["date", "item", "quantity", "price"]
MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True, eq=False)
class SimulatedSales:
    """Sales as a restaurant would upload them, and their true means.

    Attributes:
        sales: TICKET_COLUMNS or DAILY_COLUMNS by restaurant.has_tickets. date (text, ISO) and time (text, HH:MM) are
            those of the clock: a sale at 00:30 has the date after its business day. quantity in pieces, price of one.
        truth: item, date (business date, datetime64), expected_quantity: the mean before the day's shared shock and the
            item's own scatter; no rows for closed days or before an item's first day.
    """

    sales: pd.DataFrame
    truth: pd.DataFrame


def simulate_sales(
    restaurant: DemoRestaurant,
    first_day: dt.date,
    last_day: dt.date,
    weather: pd.DataFrame,
    events: pd.DataFrame,
    seed: int = 0,
) -> SimulatedSales:
    """Simulate the business days from `first_day` to `last_day`, both included.

    Each item is negative binomial (a gamma mixture of Poissons, variance = dispersion × mean) around its true mean
    times a log-normal shock that all items of the day share, whose mean is one.

    Args:
        restaurant: the restaurant that sells.
        first_day, last_day: business days.
        weather: upload columns, observed rows of these days; a day without one has usual weather.
        events: upload columns.
        seed: another seed gives other sales around the same true means.
    """
    dates = pd.date_range(first_day, last_day)
    if dates.empty:
        return _nothing(restaurant)
    means = expected_quantities(restaurant, dates, weather, events)
    open_days = np.flatnonzero(means.any(axis=0))
    if not len(open_days):
        return _nothing(restaurant)
    minutes = ticket_minutes(restaurant)[dates.day_of_week.to_numpy()]
    blocks = [_simulate_day(restaurant, dates[day], means[:, day], minutes[day], seed) for day in open_days.tolist()]
    lines = SoldLines(*(np.concatenate(column) for column in zip(*map(astuple, blocks), strict=True)))
    line_days = np.repeat(open_days, [len(block.item) for block in blocks])
    return SimulatedSales(_as_upload(restaurant, dates, line_days, lines), _truth(restaurant, dates, means))


def _simulate_day(
    restaurant: DemoRestaurant, date: pd.Timestamp, means: np.ndarray, minutes: np.ndarray, seed: int
) -> SoldLines:
    rng = rng_for("sales", seed, restaurant.slug, date.date())
    spread = restaurant.temper.day_shock
    shocked = means * np.exp(rng.normal(-0.5 * spread**2, spread))
    excess = restaurant.items["dispersion"].to_numpy() - 1.0
    quantity = rng.poisson(rng.gamma(shocked / excess, excess))
    if restaurant.has_tickets:
        return ring_up(quantity, minutes, restaurant.temper.items_per_ticket, rng)
    sold = np.flatnonzero(quantity)
    no_ticket = np.zeros_like(sold)
    return SoldLines(no_ticket, no_ticket, sold, quantity[sold])


def _as_upload(restaurant: DemoRestaurant, dates: pd.DatetimeIndex, day: np.ndarray, lines: SoldLines) -> pd.DataFrame:
    """Build the upload's frame; `day` is the position of each line's business day in `dates`."""
    names = restaurant.items["item"].to_numpy(object)
    # One day more: sales after the last midnight have the date after the last business day.
    days = pd.date_range(dates[0], periods=len(dates) + 1).strftime("%Y-%m-%d").to_numpy(object)
    frame = pd.DataFrame(
        {
            "date": days[day + lines.minute // MINUTES_PER_DAY],
            "item": names[lines.item],
            "quantity": lines.quantity,
            "price": unit_prices(restaurant, dates)[lines.item, day],
        }
    )
    if restaurant.has_tickets:
        clock = np.array([f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(MINUTES_PER_DAY)], dtype=object)
        compact = dates.strftime("%y%m%d").to_numpy(object)
        frame["time"] = clock[lines.minute % MINUTES_PER_DAY]
        frame["ticket"] = [f"{compact[d]}-{n + 1:03d}" for d, n in zip(day, lines.ticket.tolist(), strict=True)]
    return frame[_columns(restaurant)]


def _truth(restaurant: DemoRestaurant, dates: pd.DatetimeIndex, means: np.ndarray) -> pd.DataFrame:
    item, day = np.nonzero(means)
    return pd.DataFrame(
        {
            "item": restaurant.items["item"].to_numpy(object)[item],
            "date": dates[day],
            "expected_quantity": means[item, day],
        }
    )


def _nothing(restaurant: DemoRestaurant) -> SimulatedSales:
    truth = pd.DataFrame({"item": [], "date": pd.DatetimeIndex([]), "expected_quantity": []})
    return SimulatedSales(pd.DataFrame(columns=_columns(restaurant)), truth)


def _columns(restaurant: DemoRestaurant) -> list[str]:
    return TICKET_COLUMNS if restaurant.has_tickets else DAILY_COLUMNS
