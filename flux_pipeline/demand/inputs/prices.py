"""What an item costs beside what it usually costs: the driver `price_ratio`. Its effect on demand is not fitted here.

The usual price moves along, so a rise is news for some weeks and then the new usual. What a promotion takes off is
told by `is_promo` alone, or it would count twice.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

# The usual price is the median of so many days on which the item sold, which holds until half of them tell another.
USUAL_DAYS = 28
# From fewer days the usual price isn't known.
LEAST_DAYS = 7
# A ticket's amount is rounded to the cent, and so is the usual price's.
HALF_A_CENT = 0.005
# An item with sizes or extras has another mean price every day. A move counts that is beyond three standard deviations
# of that, told robustly: 1.4826 times the median distance from the median is one, of normal errors.
JITTER = 3 * 1.4826
# A price that more than quadruples in a day is a mistake in the file or another unit of sale.
MOST = 4.0


def price_ratios(
    sold: pd.DataFrame,
    dates: pd.DatetimeIndex,
    *,
    as_of: dt.date,
    promotion_days: pd.DataFrame,
    menu_prices: pd.DataFrame,
) -> pd.DataFrame:
    """The price of each item on each day over its usual one.

    A day's price is what was taken for the item over what was sold of it; on a day without a sale, in a promotion and
    ahead it is the last one known, which a newer menu price moves in proportion (sizes and extras then stay as they
    are). The usual price is the median of the 28 days with a sale before, promotions left out. The ratio is 1 where the
    price moved by no more than rounding, or than it does from day to day anyway.

    Args:
        sold: item, date, quantity, amount (money), tickets (how many it was on): one row an item and day.
        dates: the days wanted, past and ahead.
        as_of: the last day of history.
        promotion_days: item, date: days in a promotion.
        menu_prices: item, date, price, previous_price: prices that were set on a day and known at `as_of`, in the order
            in which they were.

    Returns:
        item, date, price_ratio for each item of `sold` and each day, by item and date; NaN where the price or the usual
        one is not known.
    """
    known = _known_prices(sold, as_of, promotion_days)
    if known.empty:
        return pd.DataFrame({"item": pd.Series(dtype=object), "date": pd.to_datetime([]), "price_ratio": []})
    moves = _menu_moves(known, menu_prices)
    frames = []
    for item, rows in known.groupby("item", sort=True):
        ratio = _ratios(rows, dates.to_numpy().astype("datetime64[D]"), as_of, moves.get(str(item), 1.0))
        frames.append(pd.DataFrame({"item": item, "date": dates, "price_ratio": ratio}))
    return pd.concat(frames, ignore_index=True)


def _known_prices(sold: pd.DataFrame, as_of: dt.date, promotion_days: pd.DataFrame) -> pd.DataFrame:
    """item, date, price, rounding of the days that tell the usual price, by item and date."""
    # What was given away or taken back has no price.
    told = sold[(sold.quantity > 0) & (sold.amount > 0) & (sold.date <= pd.Timestamp(as_of))]
    promoted = pd.MultiIndex.from_frame(promotion_days[["item", "date"]])
    told = told[~pd.MultiIndex.from_frame(told[["item", "date"]]).isin(promoted)].sort_values(["item", "date"])
    # Each ticket's amount may be off by half a cent; a good by weight has less than a unit on a ticket.
    off = HALF_A_CENT * (1 + told.tickets / told.quantity)
    return pd.DataFrame(
        {"item": told["item"], "date": told.date, "price": told.amount / told.quantity, "rounding": off}
    )


def _menu_moves(known: pd.DataFrame, menu_prices: pd.DataFrame) -> dict[str, float]:
    """By what each item's price was moved on the menu since it last sold: new price over the one before."""
    last = known.groupby("item").date.max()
    newer = menu_prices[menu_prices.date >= menu_prices["item"].map(last)]
    newer = newer[(newer.price > 0) & (newer.previous_price > 0)]
    # The menu may say the same twice, because sales at the old price came in between: not a second move.
    moved = newer.groupby("item").price.last() / newer.groupby("item").previous_price.first()
    return {str(item): float(move) for item, move in moved.items()}


def _ratios(rows: pd.DataFrame, days: npt.NDArray[np.datetime64], as_of: dt.date, move: float) -> Floats:
    """The ratio of one item on each day."""
    sold_on = rows.date.to_numpy().astype("datetime64[D]")
    price, rounding = rows.price.to_numpy(dtype=float), rows.rounding.to_numpy(dtype=float)
    usual, jitter = _usual(price)
    # The day itself is no part of its usual price; of a day without a price the last one is.
    last = np.searchsorted(sold_on, days, side="right") - 1
    is_told = (last >= 0) & (sold_on[np.maximum(last, 0)] == days)
    told_by = np.where(is_told, last - 1, last)
    found = told_by >= 0
    now = np.where(last >= 0, price[np.maximum(last, 0)], np.nan)
    now = np.where(days > np.datetime64(as_of, "D"), now * move, now)
    expected = np.where(found, usual[np.maximum(told_by, 0)], np.nan)
    tolerance = np.maximum(rounding[np.maximum(last, 0)], JITTER * jitter[np.maximum(told_by, 0)])
    ratio = np.where(np.abs(now - expected) <= tolerance + 1e-9, 1.0, now / expected)
    ratio = np.where(np.isfinite(expected), ratio, np.nan)
    return np.where((ratio > 1 / MOST) & (ratio < MOST), np.round(ratio, 4), np.nan)


def _usual(price: Floats) -> tuple[Floats, Floats]:
    """Median of the last 28 prices up to each, and the median distance from it; NaN with fewer than seven."""
    usual, jitter = np.full(len(price), np.nan), np.full(len(price), np.nan)
    for at in range(LEAST_DAYS - 1, min(USUAL_DAYS - 1, len(price))):
        usual[at] = np.median(price[: at + 1])
        jitter[at] = np.median(np.abs(price[: at + 1] - usual[at]))
    if len(price) >= USUAL_DAYS:
        windows = np.lib.stride_tricks.sliding_window_view(price, USUAL_DAYS)
        usual[USUAL_DAYS - 1 :] = np.median(windows, axis=1)
        jitter[USUAL_DAYS - 1 :] = np.median(np.abs(windows - usual[USUAL_DAYS - 1 :, None]), axis=1)
    return usual, jitter
