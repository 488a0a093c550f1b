"""Command `flux staffing`: heads per role and hour, as a table for a manager, or as CSV or JSON for programs."""

from collections.abc import Sequence
from itertools import groupby

import click

from flux_pipeline.cli.console import RESTAURANT, as_text, emit, note, parse_day, ready_store, show_table
from flux_pipeline.cli.forecasts.forecast import AS_OF, CSV, DAYS, JSON, tomorrow_or_first
from flux_pipeline.errors import PermanentError
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.forecasts.heads import HeadsForecast, list_staffing


@click.command()
@RESTAURANT
@AS_OF
@DAYS
@CSV
@JSON
def staffing(slug: str, as_of: str | None, days: int | None, style: str | None) -> None:
    """Show whom to roster: heads per role and open hour, p50 to p90."""
    from flux_pipeline.store.records.runs import run_summary

    with ready_store() as store, store.tenant(slug) as tx:
        rows = list_staffing(tx, as_of=parse_day(as_of), days=days)
        restaurant = tx.restaurant
        summary = run_summary(tx, AlgorithmName.STAFFING, rows[0].as_of) if rows else {}
    if not rows:
        raise PermanentError(f"{slug} has no staffing forecast for these days. Run `flux run --restaurant {slug}`.")
    if style:
        emit(as_text(rows, style))
    else:
        only = None if days else tomorrow_or_first(restaurant, {row.date for row in rows})
        shown = [row for row in rows if only in (None, row.date)]
        for _, day in groupby(shown, lambda row: row.date):
            show_heads(slug, list(day))
    if summary.get("hours_are_assumed"):
        note(
            "warning: neither opening hours nor times of sale are known, so default hours and an even day are assumed. "
            "Upload files with times, or set the opening hours: flux hours set mon-fri 07:00-14:30 --restaurant ..."
        )


def show_heads(slug: str, day: Sequence[HeadsForecast]) -> None:
    """Show one day's heads as a table: a row for each role, a column for each hour, p50 to p90 if they differ."""
    hours = list(dict.fromkeys(row.hour for row in day))
    cells = {(r.role, r.hour): str(r.p50) if r.p50 == r.p90 else f"{r.p50}-{r.p90}" for r in day}
    roles = sorted({row.role for row in day})
    rows = [(role, *(cells.get((role, hour), "") for hour in hours)) for role in roles]
    title = f"{slug}, {day[0].date:%A} {day[0].date.isoformat()}: heads per hour, p50-p90"
    show_table(title, ["role", *(f"{hour}h" for hour in hours)], rows, right=[f"{hour}h" for hour in hours])
