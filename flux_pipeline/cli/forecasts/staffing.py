"""Command `flux staffing`: heads per role and period, as a table for a manager, or as CSV or JSON for programs."""

import datetime as dt
import shlex
from collections.abc import Sequence
from itertools import groupby

import click

from flux_pipeline.cli.console import RESTAURANT, as_text, emit, note, parse_day, ready_store, say, show_table
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
@click.option("--why", is_flag=True, help="What decided the heads of each role and period, in a sentence.")
def staffing(slug: str, as_of: str | None, days: int | None, style: str | None, why: bool) -> None:
    """Show whom to roster: heads per role and open period, p50 to p90, and what the recommended heads cost."""
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
            of_day = list(day)
            show_heads(slug, of_day, restaurant.currency)
            if why:
                show_reasons(slug, of_day)
    if summary.get("hours_are_assumed"):
        note(
            "warning: neither opening hours nor times of sale are known, so default hours and an even day are assumed. "
            "Upload files with times, or set the opening hours: flux hours set mon-fri 07:00-14:30 --restaurant ..."
        )


def show_heads(slug: str, day: Sequence[HeadsForecast], currency: str = "") -> None:
    """Show one day's heads as a table, p50 to p90 if they differ, and below it what the recommended heads cost.

    Hours are columns and roles rows. Quarter hours would be too many columns, so they are the rows.
    """
    minutes = day[0].period_minutes
    starts = [_clock(start, minutes) for start in dict.fromkeys(row.period_start for row in day)]
    roles = sorted({row.role for row in day})
    cells = {
        (r.role, _clock(r.period_start, minutes)): str(r.p50) if r.p50 == r.p90 else f"{r.p50}-{r.p90}" for r in day
    }
    title = f"{slug}, {day[0].date:%A} {day[0].date.isoformat()}: heads per {{}}, p50-p90"
    if minutes < 60:
        by_start = [(start, *(cells.get((role, start), "") for role in roles)) for start in starts]
        show_table(title.format("quarter hour"), ["from", *roles], by_start, right=roles)
    else:
        by_role = [(role, *(cells.get((role, start), "") for start in starts)) for role in roles]
        show_table(title.format("hour"), ["role", *starts], by_role, right=starts)
    say(cost_line(day, currency))
    say()


def cost_line(day: Sequence[HeadsForecast], currency: str) -> str:
    """Return what a day's recommended heads work and cost, and their share of its forecast sales, in a line."""
    hours = sum(row.recommended_heads * row.period_minutes for row in day) / 60
    line = f"Recommended: {hours:,.1f} paid hours"
    unknown = sorted({row.role for row in day if row.labor_cost is None})
    if unknown:
        return f"{line}. Their cost isn't known: flux roles set {shlex.quote(unknown[0])} --hourly-cost ..."
    cost = sum(row.labor_cost or 0.0 for row in day)
    # Each role's row of a period has the sales of all items.
    sales = list({row.period_start: row.expected_sales for row in day}.values())
    line = f"{line} for {cost:,.2f} {currency}".rstrip()
    total = sum(each or 0.0 for each in sales)
    if None in sales or total <= 0:
        return f"{line}. Their share of sales isn't known, because items lack a price."
    return f"{line}, {cost / total:.0%} of {total:,.0f} of forecast sales"


def show_reasons(slug: str, day: Sequence[HeadsForecast]) -> None:
    """Show what decided the recommended heads of each role in each period of a day."""
    rows = [
        (row.role, _clock(row.period_start, row.period_minutes), row.recommended_heads, row.decided_by, row.why)
        for row in sorted(day, key=lambda row: row.role)
    ]
    title = f"{slug}, {day[0].date:%A} {day[0].date.isoformat()}: what decided"
    show_table(title, ["role", "from", "heads", "decided by", "why"], rows, right=["heads"])


def _clock(start: dt.time, period_minutes: int) -> str:
    return f"{start:%H:%M}" if period_minutes < 60 else f"{start.hour}h"
