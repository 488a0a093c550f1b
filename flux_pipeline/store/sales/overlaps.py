"""What to do where a file tells of days on which sales stand already, compared by the database with the staged rows.

A ticket that stands is known by its number: its lines are skipped, or added where somebody says so. Rows without
tickets are compared a business day at a time: a day that is told again is skipped, a day that is told again and more
supersedes the earlier one, and where neither is the case a person must say what is meant.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields

from sqlalchemy import Row, text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.sold import recount_items
from flux_pipeline.store.sales._days import ComparedDay, decide_day
from flux_pipeline.store.sales._told_tickets import tickets_told_differently, total_in_words
from flux_pipeline.store.sales.added_tickets import FIRST_NAME, add_to_tickets
from flux_pipeline.store.sales.staging import SalesStage
from flux_pipeline.store.sales.upload_days import supersede_days
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import count_of

SAYINGS = ("add", "replace")
DAYS_SHOWN = 3

STANDING_DAYS = """
SELECT business_date, bool_or(source_ticket_id IS NULL) AS has_plain FROM transactions
WHERE business_date BETWEEN :first_date AND :last_date GROUP BY business_date
"""

DECISIONS = "CREATE TEMPORARY TABLE upload_decisions (business_date date, decision text) ON COMMIT DROP"
DECIDED = """
INSERT INTO upload_decisions SELECT * FROM unnest(CAST(:days AS date[]), CAST(:decisions AS text[]))
"""

# Each day as `ComparedDay` has it, with both totals. The moments and the names of tickets take longest to compare, so
# they stand last in their conditions: PostgreSQL looks at them where the others leave it open.
COMPARE = """
WITH told AS (
    SELECT l.business_date, i.menu_item_id, sum(l.quantity) AS units, sum(l.line_amount) AS amount,
           sum(l.quantity) FILTER (WHERE NOT l.is_ticketed) AS plain,
           sum(l.line_amount) FILTER (WHERE NOT l.is_ticketed) AS plain_amount,
           sum(l.quantity) FILTER (WHERE l.is_ticketed) AS ticketed
    FROM upload_lines l JOIN upload_items i USING (item_code)
    WHERE l.business_date = ANY(:days) GROUP BY l.business_date, i.menu_item_id
), named AS (
    SELECT DISTINCT business_date, ticket FROM upload_tickets WHERE business_date = ANY(:days)
), standing AS (
    SELECT t.business_date, i.menu_item_id, sum(i.quantity) AS units, sum(i.line_amount) AS amount,
           sum(i.quantity) FILTER (WHERE t.source_ticket_id IS NULL) AS plain,
           sum(i.line_amount) FILTER (WHERE t.source_ticket_id IS NULL) AS plain_amount,
           sum(i.quantity) FILTER (WHERE t.source_ticket_id IS NOT NULL AND named.ticket IS NULL) AS other_tickets
    FROM transactions t
    JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    LEFT JOIN named ON named.business_date = t.business_date AND named.ticket = <first_name>
    WHERE t.business_date = ANY(:days) GROUP BY t.business_date, i.menu_item_id
), compared AS (
    SELECT business_date,
           count(told.plain) > 0 AS tells_plain, count(standing.plain) > 0 AS plain_stands,
           count(standing.other_tickets) > 0 AS other_tickets_stand,
           bool_and(coalesce(told.plain, 0) = coalesce(standing.units, 0)) AS is_whole_day,
           bool_and(coalesce(told.plain, 0) = coalesce(standing.plain, 0)) AS is_plain_part,
           bool_and(coalesce(told.plain_amount, 0) = coalesce(standing.plain_amount, 0))
               OR coalesce(sum(abs(told.plain_amount)), 0) = 0 AS amounts_agree,
           bool_and(coalesce(told.ticketed, 0) = coalesce(standing.plain, 0)) AS tickets_are_plain_part,
           bool_and(coalesce(told.units, 0) = coalesce(standing.units, 0)
                    AND coalesce(told.amount, 0) = coalesce(standing.amount, 0)) AS is_same,
           bool_and(standing.plain IS NULL OR told.plain IS NOT NULL) AS covers_items,
           count(told.units) AS told_items, sum(told.units) AS told_units, sum(told.amount) AS told_amount,
           count(standing.units) AS items, sum(standing.units) AS units, sum(standing.amount) AS amount
    FROM told FULL JOIN standing USING (business_date, menu_item_id)
    GROUP BY business_date
), uncovered AS (
    SELECT DISTINCT t.business_date
    FROM transactions t
    JOIN transaction_items i ON i.business_date = t.business_date AND i.transaction_id = t.id
    LEFT JOIN (SELECT DISTINCT l.sold_at, u.menu_item_id FROM upload_lines l JOIN upload_items u USING (item_code)
               WHERE NOT l.is_ticketed AND l.business_date = ANY(:days)) moment
           ON moment.sold_at = t.sold_at AND moment.menu_item_id = i.menu_item_id
    WHERE t.business_date = ANY(:days) AND t.source_ticket_id IS NULL AND t.sold_at IS NOT NULL
      AND moment.sold_at IS NULL
), with_new_tickets AS (
    SELECT DISTINCT named.business_date FROM named
    WHERE NOT EXISTS (SELECT FROM transactions t
                      WHERE t.business_date = named.business_date AND t.source_ticket_id = named.ticket)
)
SELECT business_date, tells_plain, plain_stands, other_tickets_stand, is_whole_day, is_plain_part, amounts_agree,
       tickets_are_plain_part, is_same,
       NOT other_tickets_stand AND covers_items AND NOT (is_plain_part AND amounts_agree)
           AND business_date NOT IN (TABLE uncovered) AS covers,
       NOT tells_plain AND plain_stands AND business_date IN (TABLE with_new_tickets) AS names_new_tickets,
       told_items, told_units, told_amount, items, units, amount
FROM compared ORDER BY business_date
""".replace("<first_name>", FIRST_NAME)

SKIP_DAYS = """
DELETE FROM upload_lines l USING upload_decisions d
WHERE d.business_date = l.business_date
  AND (d.decision = 'skip' OR d.decision = CASE WHEN l.is_ticketed THEN 'skip_ticketed' ELSE 'skip_plain' END)
"""

SKIP_TICKETS = """
DELETE FROM upload_lines l USING upload_tickets n, transactions t
WHERE n.transaction_id = l.transaction_id AND t.business_date = n.business_date AND t.source_ticket_id = n.ticket
  AND t.business_date = ANY(:days)
"""

REPEATED_LINES = """
DELETE FROM upload_lines WHERE place IN (
    SELECT place FROM (
        SELECT l.place, row_number() OVER (PARTITION BY l.transaction_id, x.line_id ORDER BY l.place) AS occurrence
        FROM upload_lines l JOIN upload_texts x USING (place)
        WHERE x.line_id IS NOT NULL AND l.is_ticketed
    ) numbered WHERE occurrence > 1
)
"""


@dataclass(frozen=True)
class Replay:
    """What a loaded file is read again for: these days (None: all), on `had` of which it had brought rows before."""

    days: frozenset[dt.date] | None
    had: frozenset[dt.date]


def skip_repeated_lines(tx: Tenant, stage: SalesStage) -> Counter[str]:
    """Take a line of a ticket that comes twice by its own id out of the staged rows; returns how many, by reason."""
    if not stage.has_line_ids:
        return Counter()
    return Counter({"repeated_line": tx.connection.execute(text(REPEATED_LINES)).rowcount})


def settle_overlaps(
    tx: Tenant,
    upload: Upload,
    stage: SalesStage,
    replay: Replay | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Counter[str]:
    """Compare the staged rows with what stands: take out those that are told again, supersede days that are told anew.

    Args:
        tx: the restaurant's transaction.
        upload: what is loaded; its hint `overlap` is "add" (both are right) or "replace" (the new file is right).
        stage: its rows; `upload_items` is there.
        replay: where the file is read again; it was accepted once, so nothing of it is refused.
        tell: is told in a sentence where tickets that stand are told differently, and so left as they are.

    Returns:
        How many of the staged rows were taken out, by reason.

    Raises:
        PermanentError: a day is told differently, and nobody said what is meant; or the hint is unknown.
    """
    said = upload.hints.get("overlap")
    if said is not None and said not in SAYINGS:
        raise PermanentError(f"The hint overlap is {said!r}; expected one of {', '.join(SAYINGS)}.")
    if not stage.days:
        return Counter()
    span = {"first_date": min(stage.days), "last_date": max(stage.days)}
    found = tx.connection.execute(text(STANDING_DAYS), span)
    standing = {row.business_date: row.has_plain for row in found if row.business_date in stage.days}
    if not standing:
        return Counter()
    unsettled = [day for day, plain in standing.items() if said == "replace" or plain or day in stage.plain_days]
    replaced = _settle_days(tx, upload, unsettled, said, replay) if unsettled else set()
    skipped = tx.connection.execute(text(SKIP_DAYS)).rowcount if unsettled else 0
    if stage.has_tickets:
        kept = [day for day in standing if day not in replaced]
        if said == "add":
            skipped += add_to_tickets(tx, upload, kept)
        else:
            if replay is None and (differing := tickets_told_differently(tx, kept)):
                tell(differing)
            skipped += tx.connection.execute(text(SKIP_TICKETS), {"days": kept}).rowcount
    return Counter({"already_loaded": skipped})


def _settle_days(
    tx: Tenant, upload: Upload, days: list[dt.date], said: str | None, replay: Replay | None
) -> set[dt.date]:
    """Decide about each day and take away what is superseded; returns the days that are replaced as a whole."""
    compared = tx.connection.execute(text(COMPARE), {"days": days}).all()
    decisions = {
        day.business_date: decide_day(
            ComparedDay(**{field.name: getattr(day, field.name) for field in fields(ComparedDay)}),
            said,
            is_replay=replay is not None,
            had_rows=replay is not None and day.business_date in replay.had,
        )
        for day in compared
    }
    refused = [day for day in compared if decisions[day.business_date] == "refuse"]
    if refused:
        raise PermanentError(_refusal(refused))
    tx.connection.execute(text("DROP TABLE IF EXISTS upload_decisions"))
    tx.connection.execute(text(DECISIONS))
    tx.connection.execute(text(DECIDED), {"days": list(decisions), "decisions": list(decisions.values())})
    replaced = {day for day, decision in decisions.items() if decision == "replace"}
    superseded = {day for day, decision in decisions.items() if decision == "supersede"}
    items = supersede_days(tx, upload, replaced, with_tickets=True)
    items |= supersede_days(tx, upload, superseded, with_tickets=False)
    recount_items(tx, items)
    return replaced


def _refusal(refused: "Collection[Row[tuple[object, ...]]]") -> str:
    days = [
        f"{day.business_date}: {_total(day.items, day.units, day.amount)} stand, the file has "
        f"{_total(day.told_items, day.told_units, day.told_amount)}"
        for day in list(refused)[:DAYS_SHOWN]
    ]
    more = len(refused) - len(days)
    return (
        f"On {count_of(len(refused), 'day')} other sales stand that this file neither repeats "
        f"nor covers ({'; '.join(days)}{f'; and {more} more' if more else ''}). Send it again with --add if both are "
        "right, or with --replace if only the new file is."
    )


def _total(items: int, units: float, amount: float) -> str:
    return f"{count_of(items, 'item')}, {total_in_words(units, amount)}"
