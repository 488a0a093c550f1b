"""Command `flux menu`: the items of a restaurant, and decisions on which names mean the same item."""

import shlex

import click

from flux_pipeline.cli.console import RESTAURANT, ready_store, say, show_table
from flux_pipeline.cli.restaurant._engineering import engineering
from flux_pipeline.wording import count_of

ITEM = click.argument("item")


@click.group()
def menu() -> None:
    """Show the items of the menu, their sales and what they contribute, and merge two names of one item.

    Load a file of the menu with `flux upload menu.csv --kind menu`.
    """


menu.add_command(engineering)


@menu.command("items")
@RESTAURANT
def list_items(slug: str) -> None:
    """List every item, with its price, when it sold, how much, and its other spellings."""
    from flux_pipeline.store.menu import overview as menu_overview

    with ready_store() as store, store.tenant(slug) as tx:
        items = menu_overview.list_items(tx)
    headings = ["item", "category", "price", "first sold", "last sold", "units", "on the menu", "also spelled"]
    rows = [
        (
            line.name,
            line.category,
            line.price,
            line.first_sold_on,
            line.last_sold_on,
            line.units,
            "yes" if line.is_active else "no",
            ", ".join(line.other_spellings),
        )
        for line in items
    ]
    show_table(f"{slug}: {count_of(len(rows), 'item')}", headings, rows, right=("price", "units"))


@menu.command()
@RESTAURANT
def suggestions(slug: str) -> None:
    """Show items whose names are nearly alike, with the commands that merge them or keep them apart."""
    from flux_pipeline.store.menu.overview import list_suggestions

    with ready_store() as store, store.tenant(slug) as tx:
        pairs = list_suggestions(tx)
    if not pairs:
        say(f"Nothing to decide: {slug} has no undecided items whose names are nearly alike.")
        return
    headings = ["item", "units", "perhaps the same as", "its units", "alike", "if they are one"]
    rows = [
        (p.item, p.units, p.into, p.into_units, f"{p.similarity:.0%}", _merge_command(slug, p.item, p.into))
        for p in pairs
    ]
    show_table(f"{slug}: {count_of(len(rows), 'pair')}", headings, rows, right=("units", "its units", "alike"))
    first = pairs[0]
    apart = f"flux menu keep --restaurant {slug} {shlex.quote(first.item)} --apart-from {shlex.quote(first.into)}"
    say(f"If they are two items: {apart}")


@menu.command()
@ITEM
@click.option("--into", required=True, help="The item that stays.")
@RESTAURANT
def merge(item: str, into: str, slug: str) -> None:
    """Merge ITEM with all its sales into another item: a second spelling, or the old name of a renamed item."""
    from flux_pipeline.store.menu.merging import merge_items

    with ready_store() as store, store.tenant(slug) as tx:
        done = merge_items(tx, item, into)
    if not done.is_new:
        say(f"{item} and {into} are one item already; nothing changed.")
        return
    say(f"{done.item} now counts as {done.into}, {_sold(done.lines)}")
    say(f"To undo this: flux menu split --restaurant {slug} {shlex.quote(done.item)}")
    say(f"Next: flux run --restaurant {slug}")


@menu.command()
@ITEM
@RESTAURANT
def split(item: str, slug: str) -> None:
    """Undo a merge: the spelling ITEM is a separate item again, with all sales under that spelling."""
    from flux_pipeline.store.menu.merging import split_item

    with ready_store() as store, store.tenant(slug) as tx:
        done = split_item(tx, item)
    if not done.is_new:
        say(f"{item} is already a separate item; nothing changed.")
        return
    say(f"{done.into} is separate from {done.item} again, {_sold(done.lines)}")
    say(f"Next: flux run --restaurant {slug}")


@menu.command()
@ITEM
@click.option("--apart-from", "other", required=True, help="The item it was suggested to be merged with.")
@RESTAURANT
def keep(item: str, other: str, slug: str) -> None:
    """Keep ITEM apart from another item with a similar name: the merge is never suggested again."""
    from flux_pipeline.store.menu.merging import keep_apart

    with ready_store() as store, store.tenant(slug) as tx:
        dismissed = keep_apart(tx, item, other)
    say(
        f"{item} and {other} stay two items; a merge isn't suggested again."
        if dismissed
        else f"Merging {item} and {other} was not suggested; nothing changed."
    )


def _merge_command(slug: str, item: str, into: str) -> str:
    return f"flux menu merge --restaurant {slug} {shlex.quote(item)} --into {shlex.quote(into)}"


def _sold(lines: int) -> str:
    return f"with {count_of(lines, 'line')} of sales." if lines else "without any sales yet."
