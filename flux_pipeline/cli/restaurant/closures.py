"""Command `flux closures`: a restaurant's irregular closed days, and suggestions from public holidays."""

import datetime as dt

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say, show_table
from flux_pipeline.wording import count_of


@click.group()
def closures() -> None:
    """Show and announce irregular closed days: holidays, repairs."""


@closures.command("list")
@RESTAURANT
def list_closures(slug: str) -> None:
    """Show the announced closed days."""
    from flux_pipeline.store.known.current import announced_closures

    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        announced = announced_closures(tx)
    rows = [
        (date, reason, "" if known_at <= now else f"known from {known_at:%Y-%m-%d %H:%M} UTC")
        for date, reason, known_at in announced
    ]
    show_table(f"{slug}: {count_of(len(rows), 'closed day')}", ["day", "reason", ""], rows)


@closures.command("add")
@click.argument("day")
@click.option("--reason", default="closed", show_default=True, help="The reason that the forecast shows.")
@RESTAURANT
def add_closure(day: str, reason: str, slug: str) -> None:
    """Announce that the restaurant is closed on DAY (YYYY-MM-DD); its forecast is then 0, with the reason."""
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
    """Withdraw the announcement for DAY: the restaurant is open after all."""
    from flux_pipeline.store.known.closures import remove_closure

    date = parse_day(day)
    assert date is not None
    with ready_store() as store, store.tenant(slug) as tx:
        removed = remove_closure(tx, date, dt.datetime.now(dt.UTC))
    say(f"{slug} {'is open on' if removed else 'had announced no closure on'} {day}{' again' if removed else ''}.")


@closures.command()
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3660), help="How far ahead to look.")
@click.option("--accept", is_flag=True, help="Announce every suggested day.")
@RESTAURANT
def suggest(days: int, accept: bool, slug: str) -> None:
    """Show the coming public holidays, whether the restaurant was open on the last ones, and which to announce."""
    from flux_pipeline.demand.inputs.holidays import holidays_ahead
    from flux_pipeline.store.known.closures import announce_holidays
    from flux_pipeline.store.known.current import announced_closures
    from flux_pipeline.store.sales.history import days_with_sales

    now = dt.datetime.now(dt.UTC)
    with ready_store() as store, store.tenant(slug) as tx:
        announced = {each.date for each in announced_closures(tx)}
        today = tx.restaurant.last_complete_business_day(now)
        found = holidays_ahead(tx.restaurant.country_code, days_with_sales(tx), announced, after=today, days=days)
        suggested = {holiday.date: holiday.name for holiday in found if holiday.is_suggested}
        if accept:
            announce_holidays(tx, suggested, now)
    rows = [(h.date, h.name, h.last_time, h.last_date, _advice(h.is_announced, h.is_suggested, accept)) for h in found]
    show_table(f"{slug}: coming public holidays", ["day", "holiday", "last time", "that was", "advice"], rows)
    if suggested and not accept:
        say("Announce the suggested days with `--accept`, any other with `flux closures add DAY`.")


def _advice(is_announced: bool, is_suggested: bool, accept: bool) -> str:
    if is_announced:
        return "announced"
    if is_suggested:
        return "announced now" if accept else "close?"
    return ""
