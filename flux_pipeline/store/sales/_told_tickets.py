"""Tickets that stand and that a file tells differently: they are left as they are, and somebody must hear of it.

Which lines of known tickets are loaded or skipped, overlaps.py decides.
"""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import Row, text

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.sales.added_tickets import FIRST_NAME
from flux_pipeline.wording import count_of

TICKETS_SHOWN = 3

# A file without amounts says nothing about them. What was added to a ticket is part of it.
TOLD_DIFFERENTLY = """
WITH told AS (
    SELECT n.business_date, n.ticket, i.menu_item_id, sum(l.quantity) AS units, sum(l.line_amount) AS amount
    FROM upload_lines l
    JOIN upload_items i USING (item_code)
    JOIN (SELECT DISTINCT transaction_id, business_date, ticket FROM upload_tickets) n USING (transaction_id)
    WHERE n.business_date = ANY(:days) GROUP BY n.business_date, n.ticket, i.menu_item_id
), standing AS (
    SELECT t.business_date, <first_name> AS ticket, i.menu_item_id, sum(i.quantity) AS units,
           sum(i.line_amount) AS amount
    FROM transactions t JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    WHERE t.business_date = ANY(:days) AND t.source_ticket_id IS NOT NULL
    GROUP BY t.business_date, <first_name>, i.menu_item_id
)
SELECT business_date, ticket, sum(told.units) AS told_units, sum(told.amount) AS told_amount,
       sum(standing.units) AS units, sum(standing.amount) AS amount, count(*) OVER () AS ticket_count
FROM told FULL JOIN standing USING (business_date, ticket, menu_item_id)
GROUP BY business_date, ticket
HAVING count(told.units) > 0 AND count(standing.units) > 0
    AND (bool_or(coalesce(told.units, 0) <> coalesce(standing.units, 0))
         OR bool_or(coalesce(told.amount, 0) <> coalesce(standing.amount, 0))
         AND EXISTS (SELECT FROM told WHERE amount <> 0))
ORDER BY business_date, ticket LIMIT :limit
""".replace("<first_name>", FIRST_NAME)


def tickets_told_differently(tx: Tenant, days: Collection[dt.date]) -> str | None:
    """Which of the staged tickets stand already with other items, quantities or amounts, in a sentence or two.

    Args:
        tx: the restaurant's transaction, with the staged rows.
        days: the business days on which sales stand.
    """
    values = {"days": list(days), "limit": TICKETS_SHOWN}
    differing = tx.connection.execute(text(TOLD_DIFFERENTLY), values).all()
    if not differing:
        return None
    count = differing[0].ticket_count
    more = count - len(differing)
    verb = "is" if count == 1 else "are"
    return (
        f"{count_of(count, 'ticket')} that {'stands' if count == 1 else 'stand'} already {verb} told differently and "
        f"{verb} left as before ({'; '.join(map(_both, differing))}{f'; and {more:,} more' if more else ''}). Send the "
        "file with --replace if it is right about the whole of these days, or with --add if its lines come on top."
    )


def _both(ticket: "Row[tuple[object, ...]]") -> str:
    return (
        f"{ticket.ticket} of {ticket.business_date}: {total_in_words(ticket.units, ticket.amount)} before, "
        f"{total_in_words(ticket.told_units, ticket.told_amount)} in the file"
    )


def total_in_words(units: float, amount: float) -> str:
    """For example "3 units, 13.50"; None counts as nothing."""
    plain = f"{units or 0:,.3f}".rstrip("0").rstrip(".")
    return f"{plain} {'unit' if plain == '1' else 'units'}, {amount or 0:,.2f}"
