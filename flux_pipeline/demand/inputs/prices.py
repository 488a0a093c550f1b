"""Price ratios: an item's price over its usual price, the driver `price_ratio`. The model fits its effect.

The usual price follows, so a rise counts for some weeks and is then the usual price. Discounts of a promotion count
only through `is_promo`; otherwise they would count twice.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

# The usual price is the median of this many days with a sale; it changes once half of them have another price.
USUAL_DAYS = 28
# With fewer days the usual price isn't known.
LEAST_DAYS = 7
# A ticket's amount is rounded to the cent, and so is the usual price's.
HALF_A_CENT = 0.005
# An item with sizes or extras has another mean price every day. A move counts only beyond three standard deviations of
# this jitter, estimated robustly: for normal errors, 1.4826 times the median distance from the median is one of them.
JITTER = 3 * 1.4826
# A price that more than quadruples in a day is an error in the file or belongs to another unit of sale.
MOST = 4.0


def price_ratios(
    sold: pd.DataFrame,
    dates: pd.DatetimeIndex,
    *,
    as_of: dt.date,
    promotion_days: pd.DataFrame,
    menu_prices: pd.DataFrame,
) -> pd.DataFrame:
    """Return each item's price on each day over its usual price.

    A day's price is the item's amount over its quantity. On a day without a sale, in a promotion or ahead it is the
    last known price; a newer menu price moves it in proportion, so that sizes and extras keep their share. The usual
    price is the median of the 28 previous days with a sale, without promotions. The ratio is 1 if the price moved no
    more than rounding does, or than it usually moves from day to day.

    Args:
        sold: item, date, quantity, amount (money), tickets (number of tickets with the item): one row per item and day.
        dates: the wanted days, past and ahead.
        as_of: the last day of history.
        promotion_days: item, date: days in a promotion.
        menu_prices: item, date, price, previous_price: prices that were set on a day and known at `as_of`, in the order
            in which they were set.

    Returns:
        item, date, price_ratio for each item of `sold` and each day, by item and date; NaN if the price or the usual
        price is not known.
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
    """Return item, date, price and rounding of the days that define the usual price, by item and date."""
    # Gifts and returns have no price.
    priced = sold[(sold.quantity > 0) & (sold.amount > 0) & (sold.date <= pd.Timestamp(as_of))]
    promoted = pd.MultiIndex.from_frame(promotion_days[["item", "date"]])
    priced = priced[~pd.MultiIndex.from_frame(priced[["item", "date"]]).isin(promoted)].sort_values(["item", "date"])
    # Each ticket's amount may be off by half a cent; goods by weight have less than a unit on a ticket.
    off = HALF_A_CENT * (1 + priced.tickets / priced.quantity)
    return pd.DataFrame(
        {"item": priced["item"], "date": priced.date, "price": priced.amount / priced.quantity, "rounding": off}
    )


def _menu_moves(known: pd.DataFrame, menu_prices: pd.DataFrame) -> dict[str, float]:
    """Return the change of each item's menu price since it last sold: the new price over the previous one."""
    last = known.groupby("item").date.max()
    newer = menu_prices[menu_prices.date >= menu_prices["item"].map(last)]
    newer = newer[(newer.price > 0) & (newer.previous_price > 0)]
    # A menu may list the same new price twice, with sales at the old price in between: that is one move.
    moved = newer.groupby("item").price.last() / newer.groupby("item").previous_price.first()
    return {str(item): float(move) for item, move in moved.items()}


def _ratios(rows: pd.DataFrame, days: npt.NDArray[np.datetime64], as_of: dt.date, move: float) -> Floats:
    """Return the ratio of one item on each day."""
    sold_on = rows.date.to_numpy().astype("datetime64[D]")
    price, rounding = rows.price.to_numpy(dtype=float), rows.rounding.to_numpy(dtype=float)
    usual, jitter = _usual(price)
    # A day with a price is not part of its own usual price.
    last = np.searchsorted(sold_on, days, side="right") - 1
    has_price = (last >= 0) & (sold_on[np.maximum(last, 0)] == days)
    usual_at = np.where(has_price, last - 1, last)
    found = usual_at >= 0
    now = np.where(last >= 0, price[np.maximum(last, 0)], np.nan)
    now = np.where(days > np.datetime64(as_of, "D"), now * move, now)
    expected = np.where(found, usual[np.maximum(usual_at, 0)], np.nan)
    tolerance = np.maximum(rounding[np.maximum(last, 0)], JITTER * jitter[np.maximum(usual_at, 0)])
    ratio = np.where(np.abs(now - expected) <= tolerance + 1e-9, 1.0, now / expected)
    ratio = np.where(np.isfinite(expected), ratio, np.nan)
    return np.where((ratio > 1 / MOST) & (ratio < MOST), np.round(ratio, 4), np.nan)


def _usual(price: Floats) -> tuple[Floats, Floats]:
    """Return the median of the last 28 prices up to each, and the median distance from it; NaN with under seven."""
    usual, jitter = np.full(len(price), np.nan), np.full(len(price), np.nan)
    for at in range(LEAST_DAYS - 1, min(USUAL_DAYS - 1, len(price))):
        usual[at] = np.median(price[: at + 1])
        jitter[at] = np.median(np.abs(price[: at + 1] - usual[at]))
    if len(price) >= USUAL_DAYS:
        windows = np.lib.stride_tricks.sliding_window_view(price, USUAL_DAYS)
        usual[USUAL_DAYS - 1 :] = np.median(windows, axis=1)
        jitter[USUAL_DAYS - 1 :] = np.median(np.abs(windows - usual[USUAL_DAYS - 1 :, None]), axis=1)
    return usual, jitter
