"""Reasons for which rows are left out, in words: the only place where people read what a reason code means."""

from collections.abc import Mapping

from flux_pipeline.wording import count_of

# A reason in the singular and in the plural, after a number: "1 void line", "5 void lines".
REASONS: Mapping[str, tuple[str, str]] = {
    "already_loaded": ("row that is already stored", "rows that are already stored"),
    "amount_too_large": ("row whose amount is too large", "rows whose amounts are too large"),
    "amount_without_price": (
        "row with an amount but no price to count its units by",
        "rows with an amount but no price to count their units by",
    ),
    "bad_currency": ("amount in another currency", "amounts in other currencies"),
    "barcode_of_two": ("row with the barcode of another ingredient", "rows with the barcodes of other ingredients"),
    "blank_line": ("blank line", "blank lines"),
    "booked_after_visit": ("visit that was booked after it", "visits that were booked after them"),
    "cancelled": ("event that does not take place", "events that do not take place"),
    "closed_with_hours": ("closed day with opening hours", "closed days with opening hours"),
    "combo": ("combo whose parts count instead", "combos whose parts count instead"),
    "combo_part": ("part of a line that counts as one", "parts of lines that count as one"),
    "contract_above_max_hours": ("person with contradictory hours", "people with contradictory hours"),
    "cost_contradicts_amount": ("line whose cost contradicts its amount", "lines whose costs contradict their amounts"),
    "counted_twice": ("count of what is counted twice", "counts of what is counted twice"),
    "day_heading": ("line with the date of those below it", "lines with the date of those below them"),
    "discount_line": ("line of a discount, taken off its ticket", "lines of discounts, taken off their tickets"),
    "ends_before_start": ("row that ends before it starts", "rows that end before they start"),
    "expires_before_delivery": ("delivery that expired before it came", "deliveries that expired before they came"),
    "future_date": ("row with a date in the future", "rows with a date in the future"),
    "group_heading": ("heading of the rows below it", "headings of the rows below them"),
    "half_a_yield": ("yield without its quantity or unit", "yields without their quantity or unit"),
    "ignored_item": ("tip, fee or other item that is not a sale", "tips, fees and other items that are not sales"),
    "impossible_conversion": ("conversion that can't be true", "conversions that can't be true"),
    "incomplete_recipe": ("row of a recipe with a rejected row", "rows of recipes with a rejected row"),
    "item_and_ingredient": ("row with both an item and an ingredient", "rows with both an item and an ingredient"),
    "mangled_barcode": ("barcode that a spreadsheet rounded", "barcodes that a spreadsheet rounded"),
    "min_above_max_hours": ("person with contradictory hours", "people with contradictory hours"),
    "no_time_between": ("interval without any time in it", "intervals without any time in them"),
    "no_values": ("row without values", "rows without values"),
    "not_a_sale": ("line that is not a sale, such as training", "lines that are not sales, such as training"),
    "not_approved": ("request that is not approved", "requests that are not approved"),
    "not_counted": ("row without a count", "rows without a count"),
    "not_used_yet": ("row that is kept, but not used yet", "rows that are kept, but not used yet"),
    "other_location": ("row of another location", "rows of other locations"),
    "other_table": ("row of another table in the file", "rows of another table in the file"),
    "overlapping_times": ("row whose times overlap an earlier one", "rows whose times overlap earlier ones"),
    "own_component": ("item that is part of itself", "items that are part of themselves"),
    "prices_differ": ("row with two prices that differ", "rows with two prices that differ"),
    "quantity_too_small": (
        "row whose amount is too small for its price",
        "rows whose amounts are too small for their prices",
    ),
    "refunded_sale": ("sale that was refunded later", "sales that were refunded later"),
    "repeated_header": ("repeated header", "repeated headers"),
    "repeated_line": ("line that was delivered twice", "lines that were delivered twice"),
    "repeated_row": ("row that a later row of the file replaces", "rows that later rows of the file replace"),
    "sku_of_two": ("row with the number of another ingredient", "rows with the numbers of other ingredients"),
    "stored_otherwise": ("row that is stored otherwise", "rows that are stored otherwise"),
    "threshold_above_par": ("row that is reordered above its level", "rows that are reordered above their levels"),
    "too_many_fields": ("row with more cells than the header", "rows with more cells than the header"),
    "totals_line": ("line of totals", "lines of totals"),
    "two_components": ("row with two components", "rows with two components"),
    "two_days": ("row with a day of the week and another date", "rows with a day of the week and another date"),
    "two_discounts": ("row with two discounts", "rows with two discounts"),
    "two_yields": ("row of a recipe with two yields", "rows of recipes with two yields"),
    "unclear_person": ("person who may be another", "people who may be one another"),
    "unclear_price": ("price of a unit or of a pack", "prices of units or of packs"),
    "unclear_total": ("row named like a total that is none", "rows named like totals that are none"),
    "unknown_case": ("count of cases of unknown size", "counts of cases of unknown size"),
    "unknown_content": ("case whose content is not given", "cases whose content is not given"),
    "unknown_name": ("row with a name that is not known", "rows with names that are not known"),
    "upload_refused": ("row that is fine, but the file was refused", "rows that are fine, but the file was refused"),
    "void": ("void line", "void lines"),
    "voucher": ("coupon or voucher", "coupons or vouchers"),
    "zero_quantity": ("row whose quantity is 0", "rows whose quantity is 0"),
}  # fmt: skip
# Reasons of many fields: what the code begins or ends with, around the name of the field.
_BAD, _MISSING, _TOO_LONG = "bad_", "missing_", "_too_long"


def reasons_in_words(reasons: Mapping[str, int], amounts: Mapping[str, float]) -> list[str]:
    """Return each reason with its count and, if it is known, the money of its rows; the most frequent first."""
    return [
        _in_words(reason, count) + (f" ({amounts[reason]:,.2f})" if reason in amounts else "")
        for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1])
    ]


def _in_words(reason: str, count: int) -> str:
    if reason in REASONS:
        return count_of(count, *REASONS[reason])
    for field, how in (
        (reason.removeprefix(_BAD), "whose {} can't be read"),
        (reason.removeprefix(_MISSING), "without {}"),
        (reason.removesuffix(_TOO_LONG), "whose {} is too long"),
    ):
        if field != reason:
            return f"{count_of(count, 'row')} {how.format(field.replace('_', ' '))}"
    return f"{count:,} {reason}"
