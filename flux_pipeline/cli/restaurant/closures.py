"""`flux closures`: a restaurant's irregular closed days, and the public holidays that may be among them."""

import datetime as dt

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say, show_table
from flux_pipeline.wording import count_of


@click.group()
def closures() -> None:
    """Irregular closed days: holidays, repairs."""


@closures.command("list")
@RESTAURANT
def list_closures(slug: str) -> None:
    """Show the closed days that are announced."""
    from flux_pipeline.store.known.closures import announced_closures

    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        noted = announced_closures(tx)
    rows = [
        (date, reason, "" if known_at <= now else f"known from {known_at:%Y-%m-%d %H:%M} UTC")
        for date, reason, known_at in zip(noted.date, noted.reason, noted.known_at, strict=True)
    ]
    show_table(f"{slug}: {count_of(len(rows), 'closed day')}", ["day", "reason", ""], rows)


@closures.command("add")
@click.argument("day")
@click.option("--reason", default="closed", show_default=True, help="What the forecast says of the day.")
@RESTAURANT
def add_closure(day: str, reason: str, slug: str) -> None:
    """Close on DAY (YYYY-MM-DD): it is forecast as nothing, for that reason."""
    from flux_pipeline.store.known.closures import announce_closure

    date = parse_day(day)
    assert date is not None
    with ready_store() as store, store.tenant(slug) as tx:
        added = announce_closure(tx, date, reason, dt.datetime.now(dt.UTC))
    say(f"{slug} {'is' if added else 'was already announced as'} closed on {day}.")


@closures.command("remove")
@click.argument("day")
@RESTAURANT
def remove_closure(day: str, slug: str) -> None:
    """Open on DAY after all."""
    from flux_pipeline.store.known.closures import remove_closure

    date = parse_day(day)
    assert date is not None
    with ready_store() as store, store.tenant(slug) as tx:
        removed = remove_closure(tx, date, dt.datetime.now(dt.UTC))
    say(f"{slug} {'is open on' if removed else 'had announced no closure on'} {day}{' again' if removed else ''}.")


@closures.command()
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3660), help="How far ahead to look.")
@click.option("--accept", is_flag=True, help="Announce every day that is suggested.")
@RESTAURANT
def suggest(days: int, accept: bool, slug: str) -> None:
    """Show the public holidays that come, what the restaurant did on the last ones, and which to announce."""
    from flux_pipeline.demand.inputs.holidays import holidays_ahead
    from flux_pipeline.store.known.closures import announce_holidays, announced_closures
    from flux_pipeline.store.sales.history import days_with_sales

    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        announced = set(announced_closures(tx).date)
        today = tx.restaurant.last_complete_business_day(now)
        found = holidays_ahead(tx.restaurant.country_code, days_with_sales(tx), announced, after=today, days=days)
        suggested = {holiday.date: holiday.name for holiday in found if holiday.is_suggested}
        if accept:
            announce_holidays(tx, suggested, now)
    rows = [(h.date, h.name, h.last_time, h.last_date, _advice(h.is_announced, h.is_suggested, accept)) for h in found]
    show_table(f"{slug}: the public holidays ahead", ["day", "holiday", "last time", "that was", "advice"], rows)
    if suggested and not accept:
        say("`--accept` announces the suggested ones; `flux closures add DAY` any other.")


def _advice(is_announced: bool, is_suggested: bool, accept: bool) -> str:
    if is_announced:
        return "announced"
    if is_suggested:
        return "announced now" if accept else "close?"
    return ""
