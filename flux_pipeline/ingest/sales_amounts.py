"""Quantity, price and amount of a sales line, each from the others, in whole numbers: no binary rounding anywhere.

Quantities are int64 thousandths, amounts int64 hundredths, prices int64 hundred-thousandths (a gram of flour costs
fractions of a cent, and quantity × price must still be right). They leave as float64: a float64 holds every number of
two decimals below 10^13 so closely that it prints back exactly as written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.ingest.numbers import Numbers

QUANTITY_DECIMALS = 3
AMOUNT_DECIMALS = 2
# Five are the most for which quantity × price, below AMOUNT_BELOW, stays below 2^63 while it is multiplied out.
PRICE_DECIMALS = 5

# What NUMERIC(12,3) and NUMERIC(12,2), the columns of the store, can hold.
QUANTITY_BELOW = 10**9
AMOUNT_BELOW = 10**10

# A quantity times a price is this many times finer than an amount.
_FINER = 10 ** (QUANTITY_DECIMALS + PRICE_DECIMALS - AMOUNT_DECIMALS)
_PRODUCT_BELOW = float(AMOUNT_BELOW) * 10 ** (QUANTITY_DECIMALS + PRICE_DECIMALS)


@dataclass(frozen=True, eq=False)
class Lines:
    """The three numbers of each line: (n,) int64 scaled as the module says, 0 where unknown.

    `too_small` marks an amount that is less than a thousandth of its price; `too_large` a result that no column holds.
    """

    quantity: np.ndarray
    amount: np.ndarray
    too_small: np.ndarray
    too_large: np.ndarray


def complete_lines(quantity: Numbers, amount: Numbers, price: Numbers) -> Lines:
    """Quantity = amount / price where there's no quantity; amount = quantity × price where there's no amount.

    Both rounded half up, away from zero. A line without an amount and without a price has the amount 0: the file says
    nothing of its money.
    """
    divides = quantity.blank & amount.good & price.good & (price.scaled > 0)
    quotient = _divided(amount.scaled * _FINER, np.where(divides, price.scaled, 1))
    multiplies = quantity.good & amount.blank & price.good
    # Asked in floating point, because the product itself may not fit into 64 bits.
    fits = np.abs(quantity.scaled.astype(np.float64) * price.scaled.astype(np.float64)) < _PRODUCT_BELOW
    product = np.where(fits, quantity.scaled, 0) * np.where(fits, price.scaled, 0)
    return Lines(
        quantity=np.where(divides, quotient, quantity.scaled),
        amount=np.where(multiplies, _divided(product, np.int64(_FINER)), amount.scaled),
        too_small=divides & (quotient == 0),
        too_large=(multiplies & ~fits) | (divides & (np.abs(quotient) >= QUANTITY_BELOW * 10**QUANTITY_DECIMALS)),
    )


def as_floats(scaled: np.ndarray, decimals: int) -> np.ndarray:
    """Whole numbers of the smallest unit as float64: dividing by a power of ten gives the nearest float there is."""
    return scaled / float(10**decimals)


def price_as_floats(price: Numbers) -> np.ndarray:
    """Unit prices rounded half up to two decimals, NaN where the line has none: (n,) float64."""
    cents = _divided(price.scaled, np.int64(10 ** (PRICE_DECIMALS - AMOUNT_DECIMALS)))
    return np.where(price.good, as_floats(cents, AMOUNT_DECIMALS), np.nan)


def _divided(dividend: np.ndarray, divisor: np.ndarray | np.int64) -> np.ndarray:
    """The quotient rounded half up, away from zero; every divisor is positive."""
    whole: np.ndarray = np.sign(dividend) * ((2 * np.abs(dividend) + divisor) // (2 * divisor))
    return whole
