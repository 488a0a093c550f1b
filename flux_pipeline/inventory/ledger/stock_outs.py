"""Stock-outs: whether the sales of a dish stopped on a day on which something that it is made of ran out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import special

# A dish of which this share of days or less would sell so little by chance has probably stopped.
BY_CHANCE = 0.05
# With fewer weeks than this nobody knows what is usual.
LEAST_WEEKS = 3
# (moment since the day began, None if it is not known; quantity)
Sales = Sequence[tuple[dt.timedelta | None, float]]


@dataclass(frozen=True)
class StockOut:
    """Sales that stopped: after which moment of the day, None if that is not known."""

    after: dt.timedelta | None


def find_stock_out(sold: Sales, earlier: Mapping[dt.date, Sales]) -> StockOut | None:
    """Return whether the sales of a dish stopped too early to be chance, counted as Poisson; None: they didn't.

    Args:
        sold: the sales of the day.
        earlier: the sales of the same weekday in the weeks before, of each day on which the restaurant sold anything.
    """
    if len(earlier) < LEAST_WEEKS:
        return None
    quantity = sum(each for _, each in sold)
    times = [at for at, _ in sold]
    last = max((at for at in times if at is not None), default=None)
    if not sold or any(at is None for at in times):
        usual = sum(each for sales in earlier.values() for _, each in sales) / len(earlier)
        return StockOut(None) if usual > 0 and float(special.pdtr(quantity, usual)) <= BY_CHANCE else None
    assert last is not None, "there is a sale, and each has a time"
    later = sum(each for sales in earlier.values() for at, each in sales if at is None or at > last)
    return StockOut(last) if float(special.pdtr(0, later / len(earlier))) <= BY_CHANCE and later else None
