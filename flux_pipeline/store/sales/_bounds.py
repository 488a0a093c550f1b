"""Bounds of a business day: a file that would bring its sales above them is refused, before anything is written.

Below them, every sum of a day and every forecast from it fits into its column (`models/base.py`).
"""

from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.sales._staging import DAY_ITEMS, ITEMS, LINES, SummedSales

# A file that gives money only counts it as units, so a good day may have a billion of them where money has many digits.
UNITS_BELOW, MONEY_BELOW = 10**10, 10**11

# The first day that is above, and the largest line of it in the file. Returns of one item take nothing from another.
ABOVE = f"""
WITH both_sides AS (
    SELECT business_date, menu_item_id, quantity, line_amount FROM {DAY_ITEMS}
    UNION ALL
    SELECT business_date, menu_item_id, quantity, line_amount FROM transaction_items WHERE business_date = ANY(:days)
), items AS (
    SELECT business_date, abs(sum(quantity)) AS units, abs(sum(line_amount)) AS money
    FROM both_sides GROUP BY business_date, menu_item_id
), above AS (
    SELECT business_date, sum(units) AS units, sum(money) AS money FROM items GROUP BY business_date
    HAVING sum(units) >= :units OR sum(money) >= :money
    ORDER BY business_date LIMIT 1
)
SELECT above.*, above.units >= :units AS is_units, l.line_number, l.quantity, l.line_amount, i.item_name
FROM above JOIN {LINES} l USING (business_date) JOIN {ITEMS} i USING (item_code)
ORDER BY CASE WHEN above.units >= :units THEN abs(l.quantity) ELSE abs(l.line_amount) END DESC, l.place LIMIT 1
"""  # noqa: S608


def refuse_excess(stage: SummedSales) -> None:
    """Raise if a day would have more units or money than any sum or forecast could hold.

    Raises:
        PermanentError: a day has; the message names its largest line.
    """
    values = {"days": sorted(stage.days), "units": UNITS_BELOW, "money": MONEY_BELOW}
    found = stage.tx.connection.execute(text(ABOVE), values).one_or_none()
    if found is None:
        return
    name, value, total, below, option = (
        ("quantity", found.quantity, found.units, UNITS_BELOW, "quantity")
        if found.is_units
        else ("amount", found.line_amount, found.money, MONEY_BELOW, "amount")
    )
    raise PermanentError(
        f"Line {found.line_number} of {stage.upload.file_name!r}: '{found.item_name}' on {found.business_date} has the "
        f"{name} {value:,.2f}, and with it and what is stored the {name} of that day is {total:,.2f}; expected less "
        f"than {below:,} on a day. Correct it, or name the right column: --column {option}=HEADER."
    )
