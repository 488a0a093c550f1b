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
from flux_pipeline.demo._truth import expected_quantities
from flux_pipeline.demo.restaurants import WEEKEND, DemoRestaurant

TICKET_COLUMNS = ["date", "time", "ticket", "item", "quantity", "price"]
DAILY_COLUMNS = ["date", "item", "quantity", "price"]
MINUTES_PER_DAY = 24 * 60
# A business day of the demo ends at the latest six hours after midnight.
MINUTES = 30 * 60
# The mean size of a day's tickets differs from the usual one by up to a tenth.
TICKET_SIZE_SPREAD = 0.1


@dataclass(frozen=True, eq=False)
class _SoldLines:
    """The lines of a day or of several, in the order of their tickets: four int arrays of one length.

    `ticket` counts from 0; `minute` is that of the business day, 1440 and more after midnight; `item` is the row of the
    menu; `quantity` is in pieces. Without tickets, ticket and minute are 0.
    """

    ticket: np.ndarray
    minute: np.ndarray
    item: np.ndarray
    quantity: np.ndarray


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
    minutes = _ticket_minutes(restaurant)[dates.day_of_week.to_numpy()]
    blocks = [_simulate_day(restaurant, dates[day], means[:, day], minutes[day], seed) for day in open_days.tolist()]
    lines = _SoldLines(*(np.concatenate(column) for column in zip(*map(astuple, blocks), strict=True)))
    line_days = np.repeat(open_days, [len(block.item) for block in blocks])
    return SimulatedSales(_as_upload(restaurant, dates, line_days, lines), _truth(restaurant, dates, means))


def _simulate_day(
    restaurant: DemoRestaurant, date: pd.Timestamp, means: np.ndarray, minutes: np.ndarray, seed: int
) -> _SoldLines:
    rng = rng_for("sales", seed, restaurant.slug, date.date())
    spread = restaurant.temper.day_shock
    shocked = means * np.exp(rng.normal(-0.5 * spread**2, spread))
    excess = restaurant.items["dispersion"].to_numpy() - 1.0
    quantity = rng.poisson(rng.gamma(shocked / excess, excess))
    if restaurant.has_tickets:
        return _ring_up(quantity, minutes, restaurant.temper.items_per_ticket, rng)
    sold = np.flatnonzero(quantity)
    no_ticket = np.zeros_like(sold)
    return _SoldLines(no_ticket, no_ticket, sold, quantity[sold])


def _as_upload(restaurant: DemoRestaurant, dates: pd.DatetimeIndex, day: np.ndarray, lines: _SoldLines) -> pd.DataFrame:
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


def _ticket_minutes(restaurant: DemoRestaurant) -> np.ndarray:
    """Return the cumulative distribution of a ticket's minute, (7, MINUTES) by weekday; zeros on closed weekdays."""
    density = np.zeros((7, MINUTES))
    hours = restaurant.opening_hours[~restaurant.opening_hours["is_closed"].astype(bool)]
    for weekday, opens, closes in zip(hours["day_of_week"], hours["open_time"], hours["close_time"], strict=True):
        rhythm = restaurant.temper.weekend_rhythm if weekday in WEEKEND else restaurant.temper.rhythm
        begin, end = (time.hour * 60 + time.minute for time in (opens, closes))
        minutes = np.arange(begin, end if end > begin else end + 24 * 60)
        weights = np.array([rhythm.get(hour, 0.0) for hour in range(MINUTES // 60)])
        density[weekday, minutes] = weights[minutes // 60]
    totals = density.sum(axis=1, keepdims=True)
    minutely: np.ndarray = np.divide(density, totals, out=np.zeros_like(density), where=totals > 0)
    return minutely.cumsum(axis=1)


def _ring_up(
    quantity: np.ndarray, minutes: np.ndarray, items_per_ticket: float, rng: np.random.Generator
) -> _SoldLines:
    """Spread the pieces of one day over tickets.

    Args:
        quantity: (items,) pieces sold, int.
        minutes: (MINUTES,) cumulative distribution of a ticket's minute.
        items_per_ticket: mean pieces on a ticket.
        rng: the day's generator.
    """
    pieces = np.repeat(np.arange(len(quantity)), quantity)
    size = items_per_ticket * rng.uniform(1 - TICKET_SIZE_SPREAD, 1 + TICKET_SIZE_SPREAD)
    tickets = max(1, round(len(pieces) / size))
    drawn = rng.integers(tickets, size=len(pieces)) * len(quantity) + pieces
    line, bought = np.unique(drawn, return_counts=True)
    # If rounding leaves the last value under one, a ticket could fall after the last minute.
    times = np.minimum(np.searchsorted(minutes, np.sort(rng.random(tickets)), side="right"), _last_minute(minutes))
    ticket, item = np.divmod(line, len(quantity))
    return _SoldLines(ticket, times[ticket], item, bought)


def _last_minute(minutes: np.ndarray) -> int:
    return int(np.argmax(minutes >= minutes[-1]))
