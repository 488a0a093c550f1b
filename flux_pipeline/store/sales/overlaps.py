"""Rows of a file that repeat sales which are already stored.

A stored ticket is recognised by its number (tickets.py). Rows without tickets are compared a business day at a time
(days.py): a day that repeats what is stored is skipped, a day that repeats it with more supersedes it, and otherwise
the sender must choose.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.sales._staging import SettledSales, StagedSales
from flux_pipeline.store.sales.days import settle_days
from flux_pipeline.store.sales.tickets import SKIP_TICKETS, add_to_tickets, describe_conflicts

OVERLAP_CHOICES = ("add", "replace")

STORED_DAYS = """
SELECT business_date, bool_or(source_ticket_id IS NULL) AS has_unticketed FROM transactions
WHERE business_date BETWEEN :first_date AND :last_date GROUP BY business_date
"""


@dataclass(frozen=True)
class Replay:
    """Replay of a loaded file: the days to load again (None: all), and the days for which it brought rows before."""

    days: frozenset[dt.date] | None
    earlier_days: frozenset[dt.date]


def settle_overlaps(
    stage: StagedSales,
    replay: Replay | None = None,
    report: Callable[[str], None] = lambda sentence: None,
) -> SettledSales:
    """Compare staged rows with stored sales: drop repeats, supersede days that this file restates.

    Args:
        stage: the rows; their upload's hint `overlap` is "add" (both are right) or "replace" (the new file is right).
        replay: given if the file is read again; it was accepted once, so nothing of it is refused.
        report: called with a sentence if stored tickets have other lines in the file, and so stay unchanged.

    Raises:
        PermanentError: a day differs from the stored one, and the sender made no choice; or the hint is unknown.
    """
    overlap = stage.upload.hints.get("overlap")
    if overlap is not None and overlap not in OVERLAP_CHOICES:
        raise PermanentError(f"Unknown hint overlap {overlap!r}. Choose one of: {', '.join(OVERLAP_CHOICES)}.")
    span = {"first_date": min(stage.days), "last_date": max(stage.days)}
    found = stage.tx.connection.execute(text(STORED_DAYS), span)
    stored = {row.business_date: row.has_unticketed for row in found if row.business_date in stage.days}
    unsettled = [
        day for day, unticketed in stored.items() if overlap == "replace" or unticketed or day in stage.unticketed_days
    ]
    earlier_days = None if replay is None else replay.earlier_days
    replaced = settle_days(stage, unsettled, overlap, earlier_days) if unsettled else set()
    kept = [day for day in stored if day not in replaced]
    if kept and stage.has_tickets:
        if overlap == "add":
            add_to_tickets(stage, kept)
        else:
            if replay is None and (conflict := describe_conflicts(stage, kept)):
                report(conflict)
            stage.skip("already_loaded", SKIP_TICKETS, {"days": kept})
    return SettledSales(stage)
