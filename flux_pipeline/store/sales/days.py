"""Business days that a file restates: its rows are stored, skipped or refused, and may supersede stored ones.

The database compares (`COMPARE`), `decide_day` applies the rules, and the database carries out what they decide.
`upload_days` records what each upload brought for each day. Unticketed rows are those that name no ticket; tickets.py
handles tickets that are already stored, which matter here only if the whole day is replaced.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from sqlalchemy import Row, text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.sold import refresh_sold_dates
from flux_pipeline.store.sales._staging import DAY_ITEMS, ITEMS, LINES, TICKETS, StagedSales, SummedSales
from flux_pipeline.store.sales.tickets import ORIGINAL_NUMBER, total_in_words
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import count_of

DAYS_SHOWN = 3
# "load" and "skip" apply to all rows of the day; "skip_unticketed" and "skip_ticketed" skip only such rows and load the
# others. "supersede" removes the stored unticketed rows, "replace" everything. "refuse" leaves the choice to a person.
Decision = Literal["load", "skip", "skip_unticketed", "skip_ticketed", "supersede", "replace", "refuse"]

# The columns of `ComparedDay` for each day, with both totals. Moments and ticket numbers take longest to compare, so
# they come last in their conditions: PostgreSQL compares them only if the other conditions don't decide.
COMPARE = f"""
WITH given AS (
    SELECT l.business_date, i.menu_item_id, sum(l.quantity) AS units, sum(l.line_amount) AS amount,
           sum(l.quantity) FILTER (WHERE NOT l.is_ticketed) AS unticketed,
           sum(l.line_amount) FILTER (WHERE NOT l.is_ticketed) AS unticketed_amount,
           sum(l.quantity) FILTER (WHERE l.is_ticketed) AS ticketed
    FROM {LINES} l JOIN {ITEMS} i USING (item_code)
    WHERE l.business_date = ANY(:days) GROUP BY l.business_date, i.menu_item_id
), named AS (
    SELECT DISTINCT business_date, ticket FROM {TICKETS} WHERE business_date = ANY(:days)
), stored AS (
    SELECT t.business_date, i.menu_item_id, sum(i.quantity) AS units, sum(i.line_amount) AS amount,
           sum(i.quantity) FILTER (WHERE t.source_ticket_id IS NULL) AS unticketed,
           sum(i.line_amount) FILTER (WHERE t.source_ticket_id IS NULL) AS unticketed_amount,
           sum(i.quantity) FILTER (WHERE t.source_ticket_id IS NOT NULL AND named.ticket IS NULL) AS other_tickets
    FROM transactions t
    JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    LEFT JOIN named ON named.business_date = t.business_date AND named.ticket = {ORIGINAL_NUMBER}
    WHERE t.business_date = ANY(:days) GROUP BY t.business_date, i.menu_item_id
), compared AS (
    SELECT business_date,
           count(given.unticketed) > 0 AS file_has_unticketed, count(stored.unticketed) > 0 AS stored_unticketed,
           count(stored.other_tickets) > 0 AS stored_has_other_tickets,
           bool_and(coalesce(given.unticketed, 0) = coalesce(stored.units, 0)) AS is_whole_day,
           bool_and(coalesce(given.unticketed, 0) = coalesce(stored.unticketed, 0)) AS is_unticketed_part,
           bool_and(coalesce(given.unticketed_amount, 0) = coalesce(stored.unticketed_amount, 0))
               OR coalesce(sum(abs(given.unticketed_amount)), 0) = 0 AS amounts_agree,
           bool_and(coalesce(given.ticketed, 0) = coalesce(stored.unticketed, 0)) AS tickets_are_unticketed_part,
           bool_and(coalesce(given.units, 0) = coalesce(stored.units, 0)
                    AND coalesce(given.amount, 0) = coalesce(stored.amount, 0)) AS is_same,
           bool_and(stored.unticketed IS NULL OR given.unticketed IS NOT NULL) AS covers_items,
           count(given.units) AS given_items, sum(given.units) AS given_units, sum(given.amount) AS given_amount,
           count(stored.units) AS items, sum(stored.units) AS units, sum(stored.amount) AS amount
    FROM given FULL JOIN stored USING (business_date, menu_item_id)
    GROUP BY business_date
), uncovered AS (
    SELECT DISTINCT t.business_date
    FROM transactions t
    JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    LEFT JOIN (SELECT DISTINCT l.sold_at, u.menu_item_id FROM {LINES} l JOIN {ITEMS} u USING (item_code)
               WHERE NOT l.is_ticketed AND l.business_date = ANY(:days)) moment
           ON moment.sold_at = t.sold_at AND moment.menu_item_id = i.menu_item_id
    WHERE t.business_date = ANY(:days) AND t.source_ticket_id IS NULL AND t.sold_at IS NOT NULL
      AND moment.sold_at IS NULL
), with_new_tickets AS (
    SELECT DISTINCT named.business_date FROM named
    WHERE NOT EXISTS (SELECT FROM transactions t
                      WHERE t.business_date = named.business_date AND t.source_ticket_id = named.ticket)
)
SELECT business_date, file_has_unticketed, stored_unticketed, stored_has_other_tickets, is_whole_day,
       is_unticketed_part, amounts_agree, tickets_are_unticketed_part, is_same,
       NOT stored_has_other_tickets AND covers_items AND NOT (is_unticketed_part AND amounts_agree)
           AND business_date NOT IN (TABLE uncovered) AS covers,
       NOT file_has_unticketed AND stored_unticketed AND business_date IN (TABLE with_new_tickets) AS names_new_tickets,
       given_items, given_units, given_amount, items, units, amount
FROM compared ORDER BY business_date
"""  # noqa: S608

SKIP_DAYS = f"""
DELETE FROM {LINES} l USING unnest(CAST(:days AS date[]), CAST(:decisions AS text[])) AS d (business_date, decision)
WHERE d.business_date = l.business_date
  AND (d.decision = 'skip' OR d.decision = CASE WHEN l.is_ticketed THEN 'skip_ticketed' ELSE 'skip_unticketed' END)
"""  # noqa: S608

NOTE_DAYS = f"""
INSERT INTO upload_days
    (restaurant_id, data_upload_id, business_date, is_ticketed, line_count, item_count, quantity, line_amount)
SELECT :restaurant_id, :upload_id, business_date, is_ticketed, sum(line_count), count(*), sum(quantity),
       sum(line_amount)
FROM {DAY_ITEMS} GROUP BY business_date, is_ticketed
"""  # noqa: S608

TAKE_LINES = """
WITH gone AS (
    DELETE FROM transaction_items i USING transactions t
    WHERE t.business_date = i.business_date AND t.id = i.transaction_id AND t.business_date = ANY(:days)
      AND (:with_tickets OR t.source_ticket_id IS NULL)
    RETURNING i.menu_item_id
)
SELECT DISTINCT menu_item_id FROM gone
"""

TAKE_TRANSACTIONS = """
DELETE FROM transactions WHERE business_date = ANY(:days) AND (:with_tickets OR source_ticket_id IS NULL)
"""

SUPERSEDE = """
UPDATE upload_days SET status = 'superseded', superseded_by = :upload_id
WHERE status = 'current' AND business_date = ANY(:days) AND (:with_tickets OR NOT is_ticketed)
"""

# An upload with a current day is not superseded, nor is one that brought nothing.
SUPERSEDED_UPLOADS = """
UPDATE data_uploads u SET superseded_by = summed.superseded_by
FROM (
    SELECT o.id, CASE WHEN count(d.id) > 0 AND bool_and(d.status = 'superseded')
                      THEN (array_agg(d.superseded_by ORDER BY d.business_date DESC))[1] END AS superseded_by
    FROM data_uploads o LEFT JOIN upload_days d ON d.data_upload_id = o.id GROUP BY o.id
) summed
WHERE u.id = summed.id AND u.superseded_by IS DISTINCT FROM summed.superseded_by
"""


@dataclass(frozen=True)
class ComparedDay:
    """A business day in a file compared with the stored sales of that day.

    Attributes:
        file_has_unticketed: the file has unticketed rows.
        stored_unticketed: unticketed rows are stored.
        stored_has_other_tickets: tickets are stored that the file does not name.
        is_whole_day: the file's unticketed rows have the units of each item that are stored, with tickets or without.
        is_unticketed_part: the file's unticketed rows have the units of each item that are stored without tickets.
        amounts_agree: they have the stored amounts too, or the file has none.
        tickets_are_unticketed_part: the file's tickets have the units of each item that are stored without tickets.
        is_same: the file's rows have the units and amounts of each item that are stored, and no others are stored.
        covers: the file restates each item, and each moment of it, that is stored without a ticket, and nothing else
            is stored.
        names_new_tickets: the file names a ticket that is not stored.
    """

    file_has_unticketed: bool
    stored_unticketed: bool
    stored_has_other_tickets: bool
    is_whole_day: bool
    is_unticketed_part: bool
    amounts_agree: bool
    tickets_are_unticketed_part: bool
    is_same: bool
    covers: bool
    names_new_tickets: bool


def decide_day(day: ComparedDay, overlap: str | None, *, is_replay: bool = False, had_rows: bool = False) -> Decision:
    """Decide what happens to a day of a file for which sales are already stored.

    Args:
        day: the comparison.
        overlap: the sender's choice, "add" or "replace", if any.
        is_replay: the file was accepted before and is read again, so none of its days is refused.
        had_rows: whether it brought rows of the day when it was accepted.
    """
    if overlap == "replace":
        return "skip" if day.is_same else "replace"
    again: Decision = "replace" if had_rows else "skip_unticketed" if day.file_has_unticketed else "skip_ticketed"
    unsettled: Decision = again if is_replay else "refuse"
    if day.file_has_unticketed:
        return _decide_unticketed(day, overlap, unsettled)
    if not day.stored_unticketed or not day.names_new_tickets:
        return "load"
    # Tickets of a day whose totals are stored may be parts of the totals, or further sales.
    if day.tickets_are_unticketed_part:
        return "skip_ticketed"
    return "load" if overlap == "add" else unsettled


def _decide_unticketed(day: ComparedDay, overlap: str | None, unsettled: Decision) -> Decision:
    if not day.stored_unticketed and not day.stored_has_other_tickets:
        return "load"
    # A day's total and its tickets may differ by discounts; unticketed rows with other amounts are a correction.
    if day.is_whole_day and (day.amounts_agree or not day.is_unticketed_part):
        return "skip_unticketed"
    if day.stored_unticketed and day.is_unticketed_part and day.amounts_agree:
        return "skip_unticketed"
    if overlap == "add":
        return "load"
    return "supersede" if day.covers else unsettled


def settle_days(
    stage: StagedSales, days: Sequence[dt.date], overlap: str | None, earlier_days: Collection[dt.date] | None
) -> set[dt.date]:
    """Decide about each day, remove the rows that it skips from the stage, and delete the sales that it supersedes.

    Args:
        stage: the rows of the file.
        days: business days for which sales are stored.
        overlap: the sender's choice, "add" or "replace", if any.
        earlier_days: for a file that is read again, the days for which it brought rows before; otherwise None.

    Returns:
        The days that the file replaces as a whole.

    Raises:
        PermanentError: a day differs from the stored one, and the sender made no choice.
    """
    compared = stage.tx.connection.execute(text(COMPARE), {"days": list(days)}).all()
    decisions = {
        day.business_date: decide_day(
            ComparedDay(**{field.name: getattr(day, field.name) for field in fields(ComparedDay)}),
            overlap,
            is_replay=earlier_days is not None,
            had_rows=earlier_days is not None and day.business_date in earlier_days,
        )
        for day in compared
    }
    refused = [day for day in compared if decisions[day.business_date] == "refuse"]
    if refused:
        raise PermanentError(_refusal(refused))
    replaced = {day for day, decision in decisions.items() if decision == "replace"}
    superseded = {day for day, decision in decisions.items() if decision == "supersede"}
    items = _supersede_days(stage.tx, stage.upload, replaced, with_tickets=True)
    items |= _supersede_days(stage.tx, stage.upload, superseded, with_tickets=False)
    refresh_sold_dates(stage.tx, items)
    stage.skip("already_loaded", SKIP_DAYS, {"days": list(decisions), "decisions": list(decisions.values())})
    return replaced


def note_days(stage: SummedSales) -> None:
    """Record for each business day what the upload brought."""
    values = {"restaurant_id": stage.tx.restaurant.id, "upload_id": stage.upload.id}
    stage.tx.connection.execute(text(NOTE_DAYS), values)


def take_away(tx: Tenant, days: Collection[dt.date], *, with_tickets: bool) -> set[uuid.UUID]:
    """Delete the sales of days, all or only the unticketed ones; return the menu items that they were of."""
    if not days:
        return set()
    values = {"days": list(days), "with_tickets": with_tickets}
    items = set(tx.connection.scalars(text(TAKE_LINES), values))
    tx.connection.execute(text(TAKE_TRANSACTIONS), values)
    return items


def mark_superseded_uploads(tx: Tenant) -> None:
    """Record for each upload without a current day which upload superseded it. Idempotent."""
    tx.connection.execute(text(SUPERSEDED_UPLOADS))


def _supersede_days(tx: Tenant, upload: Upload, days: Collection[dt.date], *, with_tickets: bool) -> set[uuid.UUID]:
    items = take_away(tx, days, with_tickets=with_tickets)
    if days:
        values = {"days": list(days), "with_tickets": with_tickets, "upload_id": upload.id}
        tx.connection.execute(text(SUPERSEDE), values)
        mark_superseded_uploads(tx)
    return items


def _refusal(refused: "Sequence[Row[tuple[object, ...]]]") -> str:
    days = [
        f"{day.business_date}: {_total(day.items, day.units, day.amount)} stored, the file has "
        f"{_total(day.given_items, day.given_units, day.given_amount)}"
        for day in refused[:DAYS_SHOWN]
    ]
    more = len(refused) - len(days)
    return (
        f"On {count_of(len(refused), 'day')} other sales are stored that this file neither repeats "
        f"nor covers ({'; '.join(days)}{f'; and {more} more' if more else ''}). Send it again with --add if both are "
        "right, or with --replace if only the new file is."
    )


def _total(items: int, units: float, amount: float) -> str:
    return f"{count_of(items, 'item')}, {total_in_words(units, amount)}"
