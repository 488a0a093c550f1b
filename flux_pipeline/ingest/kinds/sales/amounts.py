"""Quantity, price and amount of a sales line, each computed from the others in whole numbers, without binary rounding.

Quantities are int64 thousandths, amounts int64 hundredths, prices int64 hundred-thousandths (a gram of flour costs
fractions of a cent, and quantity × price must still be right). They are returned as float64, which holds every number
of two decimals below 10^13 so closely that it prints exactly as written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from flux_pipeline.ingest.cells.numbers import Numbers, parse_numbers
from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.survey import Survey, numbers_of
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts

QUANTITY_DECIMALS = 3
AMOUNT_DECIMALS = 2
# Five is the most for which quantity × price, below AMOUNT_BELOW, stays below 2^63 while it is multiplied out.
PRICE_DECIMALS = 5

# NUMERIC(12,3), the quantity's column in the store, can hold this much. Amounts stay a digit below their NUMERIC(12,2),
# so that a ticket of a few lines can be added up. A day's revenue in the smallest currency has nine digits.
QUANTITY_BELOW = 10**9
AMOUNT_BELOW = 10**9

# A product of quantity and price has this many times the resolution of an amount.
_FINER = 10 ** (QUANTITY_DECIMALS + PRICE_DECIMALS - AMOUNT_DECIMALS)
_PER_CENT = frozenset({"percent", "percentage", "pct", "prozent", "pourcentage", "porcentaje", "percentuale"})
_PRODUCT_BELOW = float(AMOUNT_BELOW) * 10 ** (QUANTITY_DECIMALS + PRICE_DECIMALS)


@dataclass(frozen=True, eq=False)
class SalesNumbers:
    """The numbers of each line as in the file; `counted` is how a line without a quantity is counted.

    "divided": amount / price, the only way if the file has quantities and a line lacks its own; "revenue": its amount,
    in a file that gives money only; "one": a single unit, in a file that counts nothing.
    """

    quantity: Numbers
    price: Numbers
    amount: Numbers
    gross: Numbers
    discount: Numbers
    returned: Numbers
    counted: Literal["divided", "revenue", "one"]


@dataclass(frozen=True, eq=False)
class Lines:
    """Quantity and amount of each line: (n,) int64 scaled as described in the module, 0 where unknown.

    `too_small` marks an amount below a thousandth of its price; `too_large` a result that no column can hold.
    """

    quantity: np.ndarray
    amount: np.ndarray
    too_small: np.ndarray
    too_large: np.ndarray


def read_sales_numbers(table: MappedTable, survey: Survey, *, cents: bool = False) -> SalesNumbers:
    """Read the columns of numbers; `cents` says that money is written in cents."""

    amounts = {table.headers.get(field) for field in ("amount", "gross_amount")} - {None}

    def read(field: str, decimals: int, below: int, in_cents: bool = cents) -> Numbers:
        # A sender who maps quantity to the amount's column counts the money itself.
        money = field != "quantity" or table.headers.get(field) in amounts
        texts = numbers_of(table, field)
        if field == "amount" and field in table.constants and table.has("price"):
            # The sender says that no column has it: it is quantity x price.
            texts = texts.map(lambda _: "")
        found = parse_numbers(
            texts,
            decimals=decimals,
            below=below,
            mark=survey.mark(field),
            money=money,
            percent=field == "discount",
        )
        is_money = field not in ("quantity", "refunded_quantity")
        return replace(found, scaled=_divided(found.scaled, np.int64(100))) if in_cents and is_money else found

    has_amount = "amount" in table.headers or table.has("gross_amount")
    has_amount |= table.has("amount") and not table.has("price")
    counted: Literal["divided", "revenue", "one"] = "divided"
    if not table.has("quantity") and not (has_amount and table.has("price")):
        counted = "revenue" if has_amount else "one"
    numbers = SalesNumbers(
        quantity=read("quantity", QUANTITY_DECIMALS, QUANTITY_BELOW),
        price=read("price", PRICE_DECIMALS, AMOUNT_BELOW),
        amount=read("amount", AMOUNT_DECIMALS, AMOUNT_BELOW),
        gross=read("gross_amount", AMOUNT_DECIMALS, AMOUNT_BELOW),
        discount=read("discount", AMOUNT_DECIMALS, AMOUNT_BELOW),
        returned=read("refunded_quantity", QUANTITY_DECIMALS, QUANTITY_BELOW),
        counted=counted,
    )
    per_cent = _are_per_cent(table)
    if not per_cent.any():
        return numbers
    return _with_discounts(numbers, read("discount", AMOUNT_DECIMALS, AMOUNT_BELOW, in_cents=False), per_cent)


def _are_per_cent(table: MappedTable) -> np.ndarray:
    """Return the lines whose discount is per cent, by the column's name or the cell: (n,) bool."""
    header, texts = table.headers.get("discount", ""), table.texts("discount")
    by_name = "%" in header or bool(_PER_CENT & {*header_words(header)})
    return texts.where(lambda text: by_name or "%" in text)


def _with_discounts(numbers: SalesNumbers, discount: Numbers, per_cent: np.ndarray) -> SalesNumbers:
    """Return the numbers with discounts per cent as money: of the gross amount, or of quantity x price.

    `discount` has these discounts as they are written.
    """
    product, _ = _product(_units(numbers), numbers.price.scaled)
    full = np.where(numbers.gross.good, numbers.gross.scaled, product)
    money = _divided(np.abs(full) * np.minimum(np.abs(discount.scaled), 10_000), np.int64(10_000))
    scaled = np.where(per_cent, money, numbers.discount.scaled)
    return replace(numbers, discount=replace(numbers.discount, scaled=scaled))


def judge_numbers(table: MappedTable, verdicts: Verdicts, numbers: SalesNumbers) -> None:
    """Set aside the lines whose numbers are missing or can't be right."""
    quantity, price = numbers.quantity, numbers.price
    amount = _amount(numbers)
    if numbers.counted != "one":
        verdicts.reject(
            quantity.blank & amount.blank,
            "missing_quantity",
            "quantity" if table.has("quantity") else "amount",
            "The row has neither a quantity nor an amount; a sale needs one of them.",
        )
    wrong = "'{found}' is not a valid {name}; expected a number such as {example}, with fewer than ten digits."
    for name, field, bad, example in (
        ("quantity", "quantity", quantity.bad, "2"),
        ("amount", "amount" if table.has("amount") else "gross_amount", amount.bad, "2.40"),
        ("discount", "discount", numbers.discount.bad, "0.40"),
    ):
        verdicts.reject(bad, f"bad_{name}", field, wrong.replace("{name}", name).replace("{example}", example))
    zero = np.where(quantity.blank, amount.good & (amount.scaled == 0), quantity.good & (quantity.scaled == 0))
    if numbers.counted == "one":
        zero = np.zeros(len(zero), dtype=bool)
    verdicts.skip(zero, "zero_quantity")
    verdicts.reject(
        price.bad | (price.scaled < 0),
        "bad_price",
        "price",
        "'{found}' is not a valid price; expected a number such as 1.20, not negative (a refund has a negative "
        "quantity).",
    )
    if numbers.counted == "divided":
        verdicts.reject(
            quantity.blank & amount.good & (price.scaled == 0),
            "amount_without_price",
            "price",
            "The row has an amount and the price '{found}'; a quantity can only be computed with a price above 0.",
        )


def complete_lines(numbers: SalesNumbers, is_refund: np.ndarray) -> Lines:
    """Return quantity and amount of each line, each from what the file gives.

    The amount is as written; else the gross amount, or quantity × price, less the discount. The quantity is as written;
    else as described for `SalesNumbers.counted`. Both are rounded half up, away from zero. A line without an amount and
    without a price has the amount 0: the file gives no money for it. Lines that `is_refund` (n,) marks count as
    negative, whatever their sign.
    """
    quantity, price, amount = numbers.quantity, numbers.price, _amount(numbers)
    divides = quantity.blank & amount.good & price.good & (price.scaled > 0) & (numbers.counted == "divided")
    quotient = _divided(amount.scaled * _FINER, np.where(divides, price.scaled, 1))
    counted = np.where(divides, quotient, quantity.scaled)
    if numbers.counted == "one":
        counted = _units(numbers)
    elif numbers.counted == "revenue":
        counted = amount.scaled * 10 ** (QUANTITY_DECIMALS - AMOUNT_DECIMALS)
    multiplies = amount.blank & price.good & (quantity.good | (numbers.counted == "one"))
    full, fits = _product(counted, price.scaled)
    total = np.where(multiplies, full - np.sign(full) * np.abs(numbers.discount.scaled), amount.scaled)
    return Lines(
        quantity=np.where(is_refund, -np.abs(counted), counted),
        amount=np.where(is_refund, -np.abs(total), total),
        too_small=divides & (quotient == 0),
        too_large=(multiplies & ~fits)
        | (np.abs(counted) >= QUANTITY_BELOW * 10**QUANTITY_DECIMALS)
        | (np.abs(total) >= AMOUNT_BELOW * 10**AMOUNT_DECIMALS),
    )


def without_returned(lines: Lines, returned: np.ndarray, *, money: bool) -> Lines:
    """Return lines without the units that were given back (n,), and with `money` without their share of the amount.

    A line of which all was given back stays as it is.
    """
    units = np.abs(lines.quantity)
    some = (np.abs(returned) > 0) & (np.abs(returned) < units)
    left = np.where(some, units - np.abs(returned), units)
    kept = np.floor(np.abs(lines.amount) * (left / np.maximum(units, 1)) + 0.5).astype(np.int64)
    amount = np.where(some & money, np.sign(lines.amount) * kept, lines.amount)
    return replace(lines, quantity=np.sign(lines.quantity) * left, amount=amount)


def _units(numbers: SalesNumbers) -> np.ndarray:
    """Return the units of each line as written; 1 in a file that counts nothing."""
    quantity = numbers.quantity.scaled
    return np.full_like(quantity, 10**QUANTITY_DECIMALS) if numbers.counted == "one" else quantity


def _product(units: np.ndarray, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return units x prices as money, and which of them a column can hold."""
    # Checked in floating point, because the product itself may not fit into 64 bits.
    fits = np.abs(units.astype(np.float64) * prices.astype(np.float64)) < _PRODUCT_BELOW
    return _divided(np.where(fits, units, 0) * np.where(fits, prices, 0), np.int64(_FINER)), fits


def _amount(numbers: SalesNumbers) -> Numbers:
    """Return the amount as written; if there is none, the gross amount less the discount."""
    amount, gross = numbers.amount, numbers.gross
    off = np.sign(gross.scaled) * np.abs(numbers.discount.scaled)
    return Numbers(
        scaled=np.where(amount.blank, gross.scaled - off, amount.scaled),
        blank=amount.blank & gross.blank,
        bad=amount.bad | (amount.blank & gross.bad),
    )


def as_floats(scaled: np.ndarray, decimals: int) -> np.ndarray:
    """Return whole numbers of the smallest unit as float64; dividing by a power of ten gives the nearest float."""
    return scaled / float(10**decimals)


def price_as_floats(price: Numbers) -> np.ndarray:
    """Return unit prices rounded half up to two decimals, NaN if the line has none: (n,) float64."""
    cents = _divided(price.scaled, np.int64(10 ** (PRICE_DECIMALS - AMOUNT_DECIMALS)))
    return np.where(price.good, as_floats(cents, AMOUNT_DECIMALS), np.nan)


def _divided(dividend: np.ndarray, divisor: np.ndarray | np.int64) -> np.ndarray:
    """Return the quotient rounded half up, away from zero; every divisor is positive."""
    rounded: np.ndarray = np.sign(dividend) * ((2 * np.abs(dividend) + divisor) // (2 * divisor))
    return rounded
