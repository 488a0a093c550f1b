"""Command `flux staffing`: heads per role and hour, as a table for a manager, or as CSV or JSON for programs."""

import datetime as dt
from typing import Any

import click
import pandas as pd

from flux_pipeline.cli.console import RESTAURANT, as_text, note, parse_day, ready_store, say, show_table
from flux_pipeline.cli.forecasts.forecast import AS_OF, CSV, DAYS, JSON, tomorrow_or_first
from flux_pipeline.errors import PermanentError
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Store


@click.command()
@RESTAURANT
@AS_OF
@DAYS
@CSV
@JSON
def staffing(slug: str, as_of: str | None, days: int | None, style: str | None) -> None:
    """Show whom to roster: heads per role and open hour, p50 to p90."""
    from flux_pipeline.store.records.runs import run_summary

    with ready_store() as store:
        rows = staffing_rows(store, slug, days, as_of=parse_day(as_of))
        with store.tenant(slug) as tx:
            restaurant = tx.restaurant
            summary = {} if rows.empty else run_summary(tx, AlgorithmName.STAFFING, rows.as_of.iloc[0])
    if rows.empty:
        raise PermanentError(f"{slug} has no staffing forecast for these days. Run `flux run --restaurant {slug}`.")
    if style:
        say(as_text(rows, style))
    else:
        shown = rows if days else rows[rows.date == tomorrow_or_first(restaurant, rows)]
        for date, day in shown.groupby("date"):
            show_heads(slug, date, day)
    if summary.get("hours_are_assumed"):
        note(
            "warning: neither opening hours nor times of sale are known, so default hours and an even day are assumed. "
            "Upload files with times, or set the opening hours: flux hours set mon-fri 07:00-14:30 --restaurant ..."
        )


def staffing_rows(store: Store, slug: str, days: int | None, *, as_of: dt.date | None = None) -> pd.DataFrame:
    """Read a staffing forecast, the newest if `as_of` is None."""
    from flux_pipeline.store.forecasts.staffing import read_staffing

    with store.tenant(slug) as tx:
        return read_staffing(tx, as_of=as_of, days=days)


def show_heads(slug: str, date: Any, day: pd.DataFrame) -> None:
    """Show one day's heads as a table: a row for each role, a column for each hour, p50 to p90 if they differ."""
    hours = list(dict.fromkeys(day.hour))
    spans = zip(day.role, day.hour, day.p50, day.p90, strict=True)
    cells = {(role, hour): str(p50) if p50 == p90 else f"{p50}-{p90}" for role, hour, p50, p90 in spans}
    roles = sorted(set(day.role))
    rows = [(role, *(cells.get((role, hour), "") for hour in hours)) for role in roles]
    title = f"{slug}, {date:%A} {date.isoformat()}: heads per hour, p50-p90"
    show_table(title, ["role", *(f"{hour}h" for hour in hours)], rows, right=[f"{hour}h" for hour in hours])
