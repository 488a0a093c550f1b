"""Tickets: a day's pieces grouped into tickets, each with a time of the business day."""

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demo.restaurants import WEEKEND, DemoRestaurant

# A business day of the demo ends at the latest six hours after midnight.
MINUTES = 30 * 60
# The mean size of a day's tickets differs from the usual one by up to a tenth.
TICKET_SIZE_SPREAD = 0.1


@dataclass(frozen=True, eq=False)
class SoldLines:
    """The lines of a day or of several, in the order of their tickets: four int arrays of one length.

    `ticket` counts from 0; `minute` is that of the business day, 1440 and more after midnight; `item` is the row of the
    menu; `quantity` is in pieces. Without tickets, ticket and minute are 0.
    """

    ticket: np.ndarray
    minute: np.ndarray
    item: np.ndarray
    quantity: np.ndarray


def ticket_minutes(restaurant: DemoRestaurant) -> np.ndarray:
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


def ring_up(quantity: np.ndarray, minutes: np.ndarray, items_per_ticket: float, rng: np.random.Generator) -> SoldLines:
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
    return SoldLines(ticket, times[ticket], item, bought)


def _last_minute(minutes: np.ndarray) -> int:
    return int(np.argmax(minutes >= minutes[-1]))
