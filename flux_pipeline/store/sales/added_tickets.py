"""More lines of tickets that stand already, where the sender says to add them: a row that was refused, corrected.

They stand as a ticket of their own beside the first, named after it and the upload ("A1 (added 1a2b3c4d)"). So every
line belongs to the upload that brought it, which can be withdrawn and rebuilt without touching another's ticket.
"""

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import text

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.uploads.registry import Upload

# The ticket that an added one belongs to: itself where nothing was added.
FIRST_NAME = r"regexp_replace(t.source_ticket_id, ' \(added [0-9a-f]{8}\)$', '')"

# A standing ticket, or an earlier addition to it, that the file tells whole is told again: these lines are no news.
SKIP_TOLD_AGAIN = """
WITH named AS (
    SELECT DISTINCT transaction_id, business_date, ticket FROM upload_tickets WHERE business_date = ANY(:days)
), told AS (
    SELECT l.place, l.transaction_id, i.menu_item_id, l.quantity, l.line_amount,
           row_number() OVER (same ORDER BY l.place) AS occurrence, count(*) OVER same AS line_count
    FROM upload_lines l JOIN upload_items i USING (item_code) JOIN named USING (transaction_id)
    WINDOW same AS (PARTITION BY l.transaction_id, i.menu_item_id, l.quantity, l.line_amount)
), standing AS (
    SELECT named.transaction_id, t.id, i.menu_item_id, i.quantity, i.line_amount, count(*) AS line_count
    FROM named
    JOIN transactions t ON t.business_date = named.business_date AND <first_name> = named.ticket
    JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    WHERE t.business_date = ANY(:days)
    GROUP BY named.transaction_id, t.id, i.menu_item_id, i.quantity, i.line_amount
), whole AS (
    SELECT s.id
    FROM standing s
    LEFT JOIN told ON told.occurrence = 1 AND told.transaction_id = s.transaction_id
        AND told.menu_item_id = s.menu_item_id AND told.quantity = s.quantity AND told.line_amount = s.line_amount
    GROUP BY s.id HAVING bool_and(coalesce(told.line_count, 0) >= s.line_count)
), known AS (
    SELECT transaction_id, menu_item_id, quantity, line_amount, sum(line_count) AS line_count
    FROM standing WHERE id IN (TABLE whole) GROUP BY transaction_id, menu_item_id, quantity, line_amount
)
DELETE FROM upload_lines WHERE place IN (
    SELECT told.place FROM told JOIN known USING (transaction_id, menu_item_id, quantity, line_amount)
    WHERE told.occurrence <= known.line_count
)
""".replace("<first_name>", FIRST_NAME)

NAME_ADDED = """
UPDATE upload_tickets n SET ticket = n.ticket || :suffix
FROM transactions t
WHERE t.business_date = n.business_date AND t.source_ticket_id = n.ticket AND t.business_date = ANY(:days)
"""

# The guests of a ticket are counted with its first lines.
NO_COVERS = """
UPDATE upload_lines l SET covers = -1 FROM upload_tickets n
WHERE n.transaction_id = l.transaction_id AND n.business_date = ANY(:days) AND n.ticket LIKE '%' || :suffix
"""

ADDED = "SELECT count(*) FROM transactions WHERE data_upload_id = :upload_id AND source_ticket_id LIKE '%' || :suffix"


def add_to_tickets(tx: Tenant, upload: Upload, days: Collection[dt.date]) -> int:
    """Name the staged tickets that stand already after their upload, so that they are loaded beside those.

    Idempotent through its caller: the names follow from the upload alone, so a replay makes the same.

    Args:
        tx: the restaurant's transaction, with the staged rows.
        upload: whose they are.
        days: the business days on which sales stand.

    Returns:
        How many staged lines were taken out: those of a standing ticket that the file tells whole.
    """
    values = {"days": list(days)}
    told_again = tx.connection.execute(text(SKIP_TOLD_AGAIN), values).rowcount
    names = {**values, "suffix": _suffix(upload.id)}
    if tx.connection.execute(text(NAME_ADDED), names).rowcount:
        tx.connection.execute(text(NO_COVERS), names)
    return told_again


def count_added_tickets(tx: Tenant, upload_id: uuid.UUID) -> int:
    """How many tickets of an upload stand beside one that stood before it."""
    values = {"upload_id": upload_id, "suffix": _suffix(upload_id)}
    return tx.connection.scalar(text(ADDED), values) or 0


def _suffix(upload_id: uuid.UUID) -> str:
    # As `Upload.short_id`, so that a person finds the upload by it.
    return f" (added {str(upload_id)[:8]})"
