"""Lines of a sales file: the rules that decide what happens to each.

days.py finds the time of a sale, amounts.py its money. Matching names to menu items, and recognising lines that are
already loaded, belongs to the store.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.dates.moments import utc_index
from flux_pipeline.ingest.cells.numbers import parse_numbers
from flux_pipeline.ingest.contracts import RETURNED_WITH_MONEY, ReadContext, Reading
from flux_pipeline.ingest.kinds.places import judge_place
from flux_pipeline.ingest.kinds.sales.amounts import (
    AMOUNT_DECIMALS,
    QUANTITY_DECIMALS,
    as_floats,
    complete_lines,
    judge_numbers,
    price_as_floats,
    read_sales_numbers,
    without_returned,
)
from flux_pipeline.ingest.kinds.sales.days import SoldWhen, find_business_days, is_business_day
from flux_pipeline.ingest.kinds.sales.marks import (
    channel_of,
    ignored_items,
    judge_marks,
    name_discounts,
    read_marks,
)
from flux_pipeline.ingest.kinds.sales.parts.discounts import DISCOUNT_LINE
from flux_pipeline.ingest.kinds.sales.totals.named import have_labels, named_as_totals
from flux_pipeline.ingest.kinds.texts import MOST_CHARACTERS, MOST_OF_A_NOTE, judge_text
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name

# No restaurant has seated more guests on one ticket; a larger number is a telephone number in the wrong column.
MOST_COVERS = 10_000

TEXTS = dict.fromkeys(("item", "category", "ticket", "line_id", "channel"), MOST_CHARACTERS)
TEXTS |= {"modifiers": MOST_OF_A_NOTE}
_NOT_A_NUMBER = "'{found}' is not a number of units; expected one such as 1."


def read_sales(table: MappedTable, context: ReadContext) -> Reading:
    """Read every line of a sales file.

    The rules, first to last; the first that applies decides: blank_line, repeated_header and totals_line (skipped),
    too_many_fields, repeated_line, combo and combo_part (skipped: facts of the whole file), missing_location,
    other_location (skipped: a line of another place, in a file of several), day_heading (skipped: a date for the lines
    below it), missing_date, bad_date, bad_time, future_date (after the day on which the file came in), bad_void,
    bad_refund, void (skipped), not_a_sale (skipped: till operations, training, quotes), refunded_sale (skipped: a sale
    that was given back later), discount_line (skipped: its money is taken off other lines), voucher (skipped: coupons
    and gift cards by their type or name), totals_line among the items (skipped), missing_item, bad_item and
    item_too_long (and the same for the other texts: a NUL, or more than MOST_CHARACTERS), ignored_item (skipped: tips,
    fees and whatever else the restaurant's settings name), missing_quantity, bad_quantity, bad_amount, bad_discount,
    zero_quantity (skipped, at any price: quantity 0, or amount 0 without a quantity), bad_price,
    amount_without_price (no quantity can be computed from the amount), bad_refunded_quantity, refunded_sale (skipped:
    all units were given back later), quantity_too_small, amount_too_large, bad_covers.

    A negative quantity is a refund, a price of 0 a comp and a repeated line a second unit: all are kept. A line counts
    as negative if it is marked as a refund, if its quantity is below 0, if its amount is and it is not a discount, or
    if it is a void that cancels another line of the file.
    """
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    judge_place(table, verdicts)
    if "date" in context.facts.filled_down:
        verdicts.skip(_is_heading(table), "day_heading")
    sold = _read_days(table, context, verdicts)
    cents = context.hints.money == "cents"
    numbers, marks, facts = read_sales_numbers(table, context.survey, cents=cents), read_marks(table), context.facts
    items = table.texts("item").map(lambda text: " ".join(text.split()))
    below_zero = numbers.quantity.scaled < 0
    money_below = (numbers.amount.scaled < 0) | (numbers.gross.scaled < 0)
    takes_back = marks.void & (below_zero | money_below) & facts.voids_take_back
    judge_marks(marks, verdicts, takes_back)
    refunded = marks.refunded & (not facts.refunds_reversed)
    verdicts.skip(refunded & ~(below_zero | money_below), "refunded_sale")
    price_below = numbers.price.scaled < 0
    takes_off = money_below | price_below | name_discounts(items)
    discounts = have_labels(table.texts("item"), facts.discounts) | (marks.discount & takes_off)
    vouchers = have_labels(table.texts("item"), facts.vouchers) | (marks.voucher & takes_off)
    verdicts.skip(discounts, DISCOUNT_LINE)
    verdicts.skip(vouchers, "voucher")
    if facts.totals_in_items:
        verdicts.skip(named_as_totals(items), "totals_line")
    if facts.total_labels:
        verdicts.skip(have_labels(table.texts("item"), facts.total_labels), "totals_line")
    verdicts.reject(items.blank, "missing_item", "item", "The row has no item; a sale needs one.")
    for field, most in TEXTS.items():
        judge_text(table, verdicts, field, items if field == "item" else None, most=most)
    verdicts.skip(ignored_items(items, context.settings.upload_ignored_items), "ignored_item")
    judge_numbers(table, verdicts, numbers)
    money_above = (numbers.amount.scaled > 0) | (numbers.amount.blank & (numbers.gross.scaled > 0))
    gives_back = (money_below & (numbers.quantity.scaled > 0)) | (below_zero & money_above)
    gives_back &= ~(discounts | vouchers)
    lines = complete_lines(numbers, marks.refund | (refunded & below_zero) | takes_back | gives_back)
    if facts.returned:
        returned = numbers.returned
        verdicts.reject(returned.bad, "bad_refunded_quantity", "refunded_quantity", _NOT_A_NUMBER)
        verdicts.skip((returned.scaled != 0) & (np.abs(returned.scaled) >= np.abs(lines.quantity)), "refunded_sale")
        lines = without_returned(lines, returned.scaled, money=facts.returned == RETURNED_WITH_MONEY)
    verdicts.reject(
        lines.too_small,
        "quantity_too_small",
        "amount",
        "The amount '{found}' is less than a thousandth of the price; expected both to fit. Correct one of them.",
    )
    verdicts.reject(
        lines.too_large,
        "amount_too_large",
        "quantity" if table.has("quantity") else "amount",
        "Quantity x price of the row, with '{found}', has more than ten digits; expected fewer. Correct one of them.",
    )
    taken_off = np.int64(0) if table.taken_off is None else table.taken_off
    rows = pd.DataFrame(
        {
            "line_number": table.line_numbers,
            "business_date": sold.business_date,
            "sold_at": sold.sold_at,
            "ticket": _texts(table, "ticket"),
            "item_name": pd.Series(items.rows, dtype=object),
            "category": pd.Series(table.texts("category").map(_category).rows_or(None), dtype=object),
            "quantity": as_floats(lines.quantity, QUANTITY_DECIMALS),
            "unit_price": price_as_floats(numbers.price),
            "line_amount": as_floats(lines.amount - taken_off, AMOUNT_DECIMALS),
            "discount_amount": as_floats(np.abs(numbers.discount.scaled) + np.abs(taken_off), AMOUNT_DECIMALS),
            "channel": pd.Series(table.texts("channel").map(channel_of).rows_or("unknown"), dtype=object),
            "covers": _read_covers(table, context.survey, verdicts),
            "modifiers": _texts(table, "modifiers"),
        }
    )
    return Reading(rows, verdicts)


def _is_heading(table: MappedTable) -> np.ndarray:
    """Return the lines that have a date and no item or number: (n,) bool."""
    heading = ~table.table.texts(table.headers["date"]).blank
    for field in ("item", "quantity", "price", "amount", "gross_amount"):
        if field in table.headers:
            heading &= table.texts(field).blank
    return heading


def _texts(table: MappedTable, field: str) -> pd.Series:
    return pd.Series(table.texts(field).rows_or(None), dtype=object)


def _category(text: str) -> str:
    """Return the category, "" for a text that means none, such as Square's "None"."""
    return "" if fold_name(text) in _no_category() else text


@cache
def _no_category() -> frozenset[str]:
    return frozenset({"-", *map(fold_name, words_of("sales.no_category"))})


def _read_covers(table: MappedTable, survey: Survey, verdicts: Verdicts) -> pd.Series:
    texts = table.texts("covers")
    found = parse_numbers(texts, decimals=0, below=MOST_COVERS, mark=survey.mark("covers"))
    verdicts.reject(
        found.bad | (found.scaled < 0),
        "bad_covers",
        "covers",
        "'{found}' is not a number of guests; expected one such as 2.",
    )
    return pd.Series(np.where(found.good, found.scaled, -1)).astype("Int64").where(found.good)


def _read_days(table: MappedTable, context: ReadContext, verdicts: Verdicts) -> SoldWhen:
    dates, times = (context.survey.moments(table, field) for field in ("date", "time"))
    verdicts.reject(dates.blank, "missing_date", "date", "The row has no date; a sale needs one.")
    verdicts.reject(
        np.isnat(dates.day),
        "bad_date",
        "date",
        "'{found}' is not a date; expected one such as 2024-03-01, in the format of the others.",
    )
    verdicts.reject(
        dates.bad_clock,
        "bad_time",
        "date",
        "'{found}' has no valid time of day; expected one such as 2024-03-01 18:30.",
    )
    verdicts.reject(
        times.bad_clock | times.bad_day,
        "bad_time",
        "time",
        "'{found}' is not a time of day; expected one such as 18:30.",
    )
    if context.known_at is not None:
        # A day ahead of UTC is today in Auckland.
        latest = np.datetime64(context.known_at.astimezone(dt.UTC).date() + dt.timedelta(days=1))
        verdicts.reject(
            dates.day > latest,
            "future_date",
            "date",
            f"'{{found}}' is after the day on which the file came in; expected {latest} at the latest. Check the year.",
        )
    stated = is_business_day(table.headers.get("date", ""))
    sold = find_business_days(dates, times, context.place, stated=stated)
    if "date" in table.layout.day_only:
        return replace(sold, sold_at=utc_index(np.full(table.row_count, np.datetime64("NaT", "us"))))
    return sold
