"""Tickets of a file that are already stored: skipped, reported if their lines differ, or extended on request.

Lines that are added to a stored ticket are stored as a separate ticket, named after it and the upload ("A1 (added
1a2b3c4d)"). So every line belongs to the upload that brought it, which can be withdrawn and rebuilt without changing
the ticket of another upload.
"""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Row, text

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.sales._staging import ITEMS, LINES, TICKETS, StagedSales
from flux_pipeline.wording import count_of

TICKETS_SHOWN = 3

# The ticket number without the suffix of an addition.
ORIGINAL_NUMBER = r"regexp_replace(t.source_ticket_id, ' \(added [0-9a-f]{8}\)$', '')"

# The amounts of a file that has none are not compared. Lines that were added to a ticket are part of it.
CONFLICTING_TICKETS = f"""
WITH given AS (
    SELECT n.business_date, n.ticket, i.menu_item_id, sum(l.quantity) AS units, sum(l.line_amount) AS amount
    FROM {LINES} l
    JOIN {ITEMS} i USING (item_code)
    JOIN (SELECT DISTINCT transaction_id, business_date, ticket FROM {TICKETS}) n USING (transaction_id)
    WHERE n.business_date = ANY(:days) GROUP BY n.business_date, n.ticket, i.menu_item_id
), stored AS (
    SELECT t.business_date, {ORIGINAL_NUMBER} AS ticket, i.menu_item_id, sum(i.quantity) AS units,
           sum(i.line_amount) AS amount
    FROM transactions t JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    WHERE t.business_date = ANY(:days) AND t.source_ticket_id IS NOT NULL
    GROUP BY t.business_date, {ORIGINAL_NUMBER}, i.menu_item_id
)
SELECT business_date, ticket, sum(given.units) AS given_units, sum(given.amount) AS given_amount,
       sum(stored.units) AS units, sum(stored.amount) AS amount, count(*) OVER () AS ticket_count
FROM given FULL JOIN stored USING (business_date, ticket, menu_item_id)
GROUP BY business_date, ticket
HAVING count(given.units) > 0 AND count(stored.units) > 0
    AND (bool_or(coalesce(given.units, 0) <> coalesce(stored.units, 0))
         OR bool_or(coalesce(given.amount, 0) <> coalesce(stored.amount, 0))
         AND EXISTS (SELECT FROM given WHERE amount <> 0))
ORDER BY business_date, ticket LIMIT :limit
"""  # noqa: S608

SKIP_TICKETS = f"""
DELETE FROM {LINES} l USING {TICKETS} n, transactions t
WHERE n.transaction_id = l.transaction_id AND t.business_date = n.business_date AND t.source_ticket_id = n.ticket
  AND t.business_date = ANY(:days)
"""  # noqa: S608

# If the file has all lines of a stored ticket, or of an earlier addition to it, these are repeats.
SKIP_REPEATED = f"""
WITH named AS (
    SELECT DISTINCT transaction_id, business_date, ticket FROM {TICKETS} WHERE business_date = ANY(:days)
), given AS (
    SELECT l.place, l.transaction_id, i.menu_item_id, l.quantity, l.line_amount,
           row_number() OVER (same ORDER BY l.place) AS occurrence, count(*) OVER same AS line_count
    FROM {LINES} l JOIN {ITEMS} i USING (item_code) JOIN named USING (transaction_id)
    WINDOW same AS (PARTITION BY l.transaction_id, i.menu_item_id, l.quantity, l.line_amount)
), stored AS (
    SELECT named.transaction_id, t.id, i.menu_item_id, i.quantity, i.line_amount, count(*) AS line_count
    FROM named
    JOIN transactions t ON t.business_date = named.business_date AND {ORIGINAL_NUMBER} = named.ticket
    JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    WHERE t.business_date = ANY(:days)
    GROUP BY named.transaction_id, t.id, i.menu_item_id, i.quantity, i.line_amount
), complete AS (
    SELECT s.id
    FROM stored s
    LEFT JOIN given ON given.occurrence = 1 AND given.transaction_id = s.transaction_id
        AND given.menu_item_id = s.menu_item_id AND given.quantity = s.quantity AND given.line_amount = s.line_amount
    GROUP BY s.id HAVING bool_and(coalesce(given.line_count, 0) >= s.line_count)
), known AS (
    SELECT transaction_id, menu_item_id, quantity, line_amount, sum(line_count) AS line_count
    FROM stored WHERE id IN (TABLE complete) GROUP BY transaction_id, menu_item_id, quantity, line_amount
)
DELETE FROM {LINES} WHERE place IN (
    SELECT given.place FROM given JOIN known USING (transaction_id, menu_item_id, quantity, line_amount)
    WHERE given.occurrence <= known.line_count
)
"""  # noqa: S608

NAME_ADDED = f"""
UPDATE {TICKETS} n SET ticket = n.ticket || :suffix
FROM transactions t
WHERE t.business_date = n.business_date AND t.source_ticket_id = n.ticket AND t.business_date = ANY(:days)
"""  # noqa: S608

# The guests of a ticket are counted with its first lines.
NO_COVERS = f"""
UPDATE {LINES} l SET covers = -1 FROM {TICKETS} n
WHERE n.transaction_id = l.transaction_id AND n.business_date = ANY(:days) AND n.ticket LIKE '%' || :suffix
"""  # noqa: S608

STORED_TICKETS = """
SELECT business_date, source_ticket_id AS ticket FROM transactions
WHERE data_upload_id = :upload_id AND source_ticket_id IS NOT NULL
"""
# In a rehearsal, nothing is stored.
STAGED_TICKETS = f"""
SELECT DISTINCT business_date, ticket FROM {TICKETS} JOIN (SELECT DISTINCT transaction_id FROM {LINES}) l
    USING (transaction_id)
"""  # noqa: S608
COUNT_TICKETS = """
SELECT business_date, count(*) AS tickets, count(*) FILTER (WHERE ticket LIKE '%' || :suffix) AS added
FROM ({tickets}) named GROUP BY business_date
"""


def describe_conflicts(stage: StagedSales, days: Collection[dt.date]) -> str | None:
    """Report in a sentence or two the staged tickets that are stored with different items, quantities or amounts.

    Returns None if there are no such tickets.

    Args:
        stage: the rows of the file.
        days: the business days for which sales are stored.
    """
    values = {"days": list(days), "limit": TICKETS_SHOWN}
    differing = stage.tx.connection.execute(text(CONFLICTING_TICKETS), values).all()
    if not differing:
        return None
    count = differing[0].ticket_count
    more = count - len(differing)
    are, were = ("is", "was") if count == 1 else ("are", "were")
    return (
        f"{count_of(count, 'ticket')} {are} already stored with different lines and {were} left unchanged "
        f"({'; '.join(map(_both, differing))}{f'; and {more:,} more' if more else ''}). Send the "
        "file with --replace if it is right about the whole of these days, or with --add if its lines are additional."
    )


def add_to_tickets(stage: StagedSales, days: Collection[dt.date]) -> None:
    """Rename staged tickets that are already stored, so that their lines are stored as separate tickets.

    If the file has all lines of a stored ticket, these lines are repeats and are removed from the stage.

    Idempotent because its caller loads an upload once; the names depend on the upload alone, so a replay
    gives the same ones.

    Args:
        stage: the rows of the file.
        days: the business days for which sales are stored.
    """
    values = {"days": list(days)}
    stage.skip("already_loaded", SKIP_REPEATED, values)
    names = {**values, "suffix": _suffix(stage.upload.id)}
    if stage.tx.connection.execute(text(NAME_ADDED), names).rowcount:
        stage.tx.connection.execute(text(NO_COVERS), names)


@dataclass(frozen=True)
class TicketCount:
    """Tickets of an upload on one business day; `added` of them were added to a ticket that was stored before."""

    tickets: int
    added: int


def count_tickets(tx: Tenant, upload_id: uuid.UUID) -> dict[dt.date, TicketCount]:
    """Count the tickets of a sales file that are stored, or would be, by business day; rows without ticket are none."""
    query = COUNT_TICKETS.format(tickets=STAGED_TICKETS if tx.is_rehearsal else STORED_TICKETS)
    found = tx.connection.execute(text(query), {"upload_id": upload_id, "suffix": _suffix(upload_id)})
    return {row.business_date: TicketCount(row.tickets, row.added) for row in found}


def total_in_words(units: float, amount: float) -> str:
    """Return a total in words, for example "3 units, 13.50"; None counts as zero."""
    quantity = f"{units or 0:,.3f}".rstrip("0").rstrip(".")
    return f"{quantity} {'unit' if quantity == '1' else 'units'}, {amount or 0:,.2f}"


def _both(ticket: "Row[tuple[object, ...]]") -> str:
    return (
        f"{ticket.ticket} of {ticket.business_date}: {total_in_words(ticket.units, ticket.amount)} before, "
        f"{total_in_words(ticket.given_units, ticket.given_amount)} in the file"
    )


def _suffix(upload_id: uuid.UUID) -> str:
    # As `Upload.short_id`, so that a person finds the upload by it.
    return f" (added {str(upload_id)[:8]})"
