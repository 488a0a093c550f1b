"""Command `flux sold-out`: items that ran out, by day, so that their low sales are not taken for low demand."""

import datetime as dt

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, parse_time, ready_store, say, show_table
from flux_pipeline.wording import count_of

# One page for people; the files that were handed in contain all days.
DAYS_SHOWN = 50


@click.group("sold-out")
def sold_out() -> None:
    """Show and note which items ran out. Load a file of many with `flux upload FILE --kind sold_out`."""


@sold_out.command("list")
@RESTAURANT
def list_days(slug: str) -> None:
    """Show the newest days on which something ran out."""
    from zoneinfo import ZoneInfo

    from flux_pipeline.store.known.current import list_sold_out

    with ready_store() as store, store.tenant(slug) as tx:
        stock_outs = list_sold_out(tx, DAYS_SHOWN)
        zone = ZoneInfo(tx.restaurant.timezone)
    rows = [
        (
            each.item,
            each.date,
            "" if each.sold_out_at is None else f"{each.sold_out_at.astimezone(zone):%H:%M}",
            f"{each.known_at:%Y-%m-%d %H:%M}",
        )
        for each in stock_outs
    ]
    title = f"{slug}: {count_of(len(rows), 'day')} on which something ran out"
    show_table(title, ["item", "day", "at", "known since (UTC)"], rows)


@sold_out.command()
@click.argument("item")
@click.argument("day")
@click.option("--at", "at", metavar="HH:MM", help="The local time at which it ran out.")
@RESTAURANT
def add(item: str, day: str, at: str | None, slug: str) -> None:
    """Note that ITEM ran out on business day DAY (YYYY-MM-DD), so guests wanted more than was sold."""
    from flux_pipeline.store.known.stock_outs import add_sold_out

    date, time = parse_day(day), parse_time(at)
    assert date is not None
    with ready_store() as store, store.tenant(slug) as tx:
        added = add_sold_out(tx, item, date, time, dt.datetime.now(dt.UTC))
    say(f"{added.subject} {'is' if added.changed else 'was already'} noted as sold out on {date}.")


@sold_out.command()
@click.argument("item")
@click.argument("day")
@RESTAURANT
def remove(item: str, day: str, slug: str) -> None:
    """Withdraw the note that ITEM ran out on DAY."""
    from flux_pipeline.store.known.stock_outs import remove_sold_out

    date = parse_day(day)
    assert date is not None
    with ready_store() as store, store.tenant(slug) as tx:
        removed = remove_sold_out(tx, item, date, dt.datetime.now(dt.UTC))
    say(f"{removed.subject} is {'no longer' if removed.changed else 'not'} noted as sold out on {date}.")
