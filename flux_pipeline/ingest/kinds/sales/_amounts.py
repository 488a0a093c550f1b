"""Quantity, price and amount of a sales line, each from the others, in whole numbers: no binary rounding anywhere.

Quantities are int64 thousandths, amounts int64 hundredths, prices int64 hundred-thousandths (a gram of flour costs
fractions of a cent, and quantity × price must still be right). They leave as float64: a float64 holds every number of
two decimals below 10^13 so closely that it prints back exactly as written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from flux_pipeline.ingest.cells.numbers import Numbers, parse_numbers
from flux_pipeline.ingest.survey import Survey, numbers_of
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts

QUANTITY_DECIMALS = 3
AMOUNT_DECIMALS = 2
# Five are the most for which quantity × price, below AMOUNT_BELOW, stays below 2^63 while it is multiplied out.
PRICE_DECIMALS = 5

# What NUMERIC(12,3), the quantity's column in the store, can hold; amounts stay a digit below theirs, NUMERIC(12,2), so
# that a ticket of a few lines can be added up. A day's revenue in the smallest currency has nine digits.
QUANTITY_BELOW = 10**9
AMOUNT_BELOW = 10**9

# A quantity times a price is this many times finer than an amount.
_FINER = 10 ** (QUANTITY_DECIMALS + PRICE_DECIMALS - AMOUNT_DECIMALS)
_PRODUCT_BELOW = float(AMOUNT_BELOW) * 10 ** (QUANTITY_DECIMALS + PRICE_DECIMALS)


@dataclass(frozen=True, eq=False)
class SalesNumbers:
    """The numbers of each line as the file has them; `counted` is what a line without a quantity stands for.

    "divided": amount / price, the only way where the file has quantities and a line lacks its own; "revenue": its
    amount, in a file that knows money only; "one": a single unit, in a file that counts nothing.
    """

    quantity: Numbers
    price: Numbers
    amount: Numbers
    gross: Numbers
    discount: Numbers
    counted: Literal["divided", "revenue", "one"]


@dataclass(frozen=True, eq=False)
class Lines:
    """Quantity and amount of each line: (n,) int64 scaled as the module says, 0 where unknown.

    `too_small` marks an amount that is less than a thousandth of its price; `too_large` a result that no column holds.
    """

    quantity: np.ndarray
    amount: np.ndarray
    too_small: np.ndarray
    too_large: np.ndarray


def read_sales_numbers(table: MappedTable, survey: Survey) -> SalesNumbers:
    """Reads the columns of numbers."""

    amounts = {table.headers.get(field) for field in ("amount", "gross_amount")} - {None}

    def read(field: str, decimals: int, below: int) -> Numbers:
        # Who counts the money itself says that the quantity is the amount.
        money = field != "quantity" or table.headers.get(field) in amounts
        return parse_numbers(
            numbers_of(table, field), decimals=decimals, below=below, mark=survey.mark(field), money=money
        )

    has_amount = table.has("amount") or table.has("gross_amount")
    counted: Literal["divided", "revenue", "one"] = "divided"
    if not table.has("quantity") and not (has_amount and table.has("price")):
        counted = "revenue" if has_amount else "one"
    return SalesNumbers(
        quantity=read("quantity", QUANTITY_DECIMALS, QUANTITY_BELOW),
        price=read("price", PRICE_DECIMALS, AMOUNT_BELOW),
        amount=read("amount", AMOUNT_DECIMALS, AMOUNT_BELOW),
        gross=read("gross_amount", AMOUNT_DECIMALS, AMOUNT_BELOW),
        discount=read("discount", AMOUNT_DECIMALS, AMOUNT_BELOW),
        counted=counted,
    )


def judge_numbers(table: MappedTable, verdicts: Verdicts, numbers: SalesNumbers) -> None:
    """Sets aside the lines whose numbers say nothing or can't be right."""
    quantity, price = numbers.quantity, numbers.price
    amount = _amount(numbers)
    if numbers.counted != "one":
        verdicts.reject(
            quantity.blank & amount.blank,
            "missing_quantity",
            "quantity" if table.has("quantity") else "amount",
            "The row has neither a quantity nor an amount; a sale needs one of them.",
        )
    wrong = "'{found}' is no {what}; expected a number such as {example}, with fewer than ten digits."
    for what, field, bad, example in (
        ("quantity", "quantity", quantity.bad, "2"),
        ("amount", "amount" if table.has("amount") else "gross_amount", amount.bad, "2.40"),
        ("discount", "discount", numbers.discount.bad, "0.40"),
    ):
        verdicts.reject(bad, f"bad_{what}", field, wrong.replace("{what}", what).replace("{example}", example))
    zero = np.where(quantity.blank, amount.good & (amount.scaled == 0), quantity.good & (quantity.scaled == 0))
    if numbers.counted == "one":
        zero = np.zeros(len(zero), dtype=bool)
    verdicts.skip(zero, "zero_quantity")
    verdicts.reject(
        price.bad | (price.scaled < 0),
        "bad_price",
        "price",
        "'{found}' is no price; expected a number such as 1.20, not negative (a refund has a negative quantity).",
    )
    if numbers.counted == "divided":
        verdicts.reject(
            quantity.blank & amount.good & (price.scaled == 0),
            "amount_without_price",
            "price",
            "The row has an amount, and for its price '{found}'; without a price an amount can't become a quantity.",
        )


def complete_lines(numbers: SalesNumbers, is_refund: np.ndarray) -> Lines:
    """Quantity and amount of each line, each from what the file gives.

    The amount is as written; else what the line came to before discounts, or quantity × price, less the discount. The
    quantity is as written; else as `SalesNumbers.counted` says. Both are rounded half up, away from zero. A line
    without an amount and without a price has the amount 0: the file says nothing of its money. What `is_refund` (n,)
    marks counts negative, whichever sign it has.
    """
    quantity, price, amount = numbers.quantity, numbers.price, _amount(numbers)
    divides = quantity.blank & amount.good & price.good & (price.scaled > 0) & (numbers.counted == "divided")
    quotient = _divided(amount.scaled * _FINER, np.where(divides, price.scaled, 1))
    counted = np.where(divides, quotient, quantity.scaled)
    if numbers.counted == "one":
        counted = np.full(len(counted), 10**QUANTITY_DECIMALS, dtype=np.int64)
    elif numbers.counted == "revenue":
        counted = amount.scaled * 10 ** (QUANTITY_DECIMALS - AMOUNT_DECIMALS)
    multiplies = amount.blank & price.good & (quantity.good | (numbers.counted == "one"))
    # Asked in floating point, because the product itself may not fit into 64 bits.
    fits = np.abs(counted.astype(np.float64) * price.scaled.astype(np.float64)) < _PRODUCT_BELOW
    product = np.where(fits, counted, 0) * np.where(fits, price.scaled, 0)
    full = _divided(product, np.int64(_FINER))
    total = np.where(multiplies, full - np.sign(full) * np.abs(numbers.discount.scaled), amount.scaled)
    return Lines(
        quantity=np.where(is_refund, -np.abs(counted), counted),
        amount=np.where(is_refund, -np.abs(total), total),
        too_small=divides & (quotient == 0),
        too_large=(multiplies & ~fits)
        | (np.abs(counted) >= QUANTITY_BELOW * 10**QUANTITY_DECIMALS)
        | (np.abs(total) >= AMOUNT_BELOW * 10**AMOUNT_DECIMALS),
    )


def _amount(numbers: SalesNumbers) -> Numbers:
    """The amount as written; where there's none, what the line came to before its discount, less the discount."""
    amount, gross = numbers.amount, numbers.gross
    off = np.sign(gross.scaled) * np.abs(numbers.discount.scaled)
    return Numbers(
        scaled=np.where(amount.blank, gross.scaled - off, amount.scaled),
        blank=amount.blank & gross.blank,
        bad=amount.bad | (amount.blank & gross.bad),
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
