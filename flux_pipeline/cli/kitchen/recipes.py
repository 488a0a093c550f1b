"""Command `flux recipes`: what dishes are made of; suggestions, and people's decisions on them."""

import contextlib
import datetime as dt
import shlex
from collections.abc import Iterator

import click

from flux_pipeline.cli.console import RESTAURANT, parse_day, ready_store, say, show_table
from flux_pipeline.cli.figures import some
from flux_pipeline.store.access.people import User, deciding_person
from flux_pipeline.store.costs.current import today_of
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.recipe_acts import (
    Suggested,
    confirm_recipe,
    copy_recipe,
    reject_recipe,
    suggest_recipe,
)
from flux_pipeline.store.kitchen.recipe_book import BookItem, RecipeBook, read_book
from flux_pipeline.store.kitchen.recipes import StoredRecipe
from flux_pipeline.store.menu.items import find_item
from flux_pipeline.wording import amount_of, count_of

ITEM = click.argument("item")
BY = click.option("--by", "email", metavar="EMAIL", help="Who decides; default: FLUX_ACTOR, if it is an address.")
SOURCES = {"upload": "a file", "similar": "a similar dish", "copy": "a copy", "bought": "sold as bought"}


@click.group()
def recipes() -> None:
    """Show what dishes are made of, suggest recipes, and confirm or reject them. Only confirmed recipes count.

    Load many with `flux upload FILE --kind recipes`; a file is confirmed by whoever sends it.
    """


@recipes.command("list")
@RESTAURANT
def list_them(slug: str) -> None:
    """List the recipes that count, those that will count later and the suggestions, then the dishes without any."""
    with ready_store() as store, store.tenant(slug) as tx:
        today = today_of(tx, dt.datetime.now(dt.UTC))
        book = read_book(tx, today)
    rows = [row for item in book.items.values() for row in _rows(item)]
    columns = ["item", "category", "recipe", "from", "makes", "lines", "source", "confirmed by"]
    if rows:
        counting = sum(item.counting is not None for item in book.items.values())
        title = f"{slug}: {count_of(counting, 'recipe')} that {'counts' if counting == 1 else 'count'} on {today}"
        show_table(title, columns, rows, right=("lines",))
    else:
        say(f"{slug} has no recipes yet. Load a file: flux upload FILE --kind recipes --restaurant {slug}")
    suggested = [item.name for item in book.items.values() if item.suggestion is not None]
    if suggested:
        say(f"Suggested, not counting until confirmed: {some(suggested)}.")
        say(f"  flux recipes confirm {shlex.quote(suggested[0])} --restaurant {slug}")
    if lacking := [item.name for item in book.without_recipe]:
        say(f"On the menu without a recipe: {some(lacking)}.")
        say(f"  flux recipes suggest {shlex.quote(lacking[0])} --restaurant {slug}")


@recipes.command()
@ITEM
@RESTAURANT
def show(item: str, slug: str) -> None:
    """Show what ITEM is made of today, from which day that changes, and what is suggested."""
    with ready_store() as store, store.tenant(slug) as tx:
        book = read_book(tx, today_of(tx, dt.datetime.now(dt.UTC)))
        found = book.items[book.home_of(find_item(tx, item).id)]
    shown = [("counts", found.counting), *(("will count", each) for each in found.later)]
    for status, recipe in [*shown, ("suggested", found.suggestion)]:
        if recipe is not None:
            _show_recipe(f"{found.name}: {status}{_since(recipe)}, {_makes(recipe)}", recipe, book)
    if found.counting is None and not found.later and found.suggestion is None:
        say(f"{found.name} has no recipe. Suggest one:")
        say(f"  flux recipes suggest {shlex.quote(found.name)} --restaurant {slug}")


@recipes.command()
@ITEM
@click.option("--like", metavar="OTHER", help="The dish whose recipe to suggest; default: the most similar one.")
@BY
@RESTAURANT
def suggest(item: str, like: str | None, email: str | None, slug: str) -> None:
    """Suggest the recipe of a similar dish for ITEM: one with a similar name, or of its category and price.

    The suggestion doesn't count until it is confirmed, and replaces one that was made before.
    """
    with _deciding(slug, email) as (tx, person):
        done = suggest_recipe(tx, item, like, person, dt.datetime.now(dt.UTC))
    _say_suggested(slug, done, f"that of {done.like}, because {done.reason}")


@recipes.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@BY
@RESTAURANT
def copy(source: str, target: str, email: str | None, slug: str) -> None:
    """Suggest a copy of the recipe of FROM for TO. It doesn't count until it is confirmed."""
    with _deciding(slug, email) as (tx, person):
        done = copy_recipe(tx, source, target, person, dt.datetime.now(dt.UTC))
    _say_suggested(slug, done, f"a copy of that of {done.like}")


@recipes.command()
@ITEM
@click.option("--from", "first", metavar="DAY", help="YYYY-MM-DD: the first day on which it counts; default: today.")
@BY
@RESTAURANT
def confirm(item: str, first: str | None, email: str | None, slug: str) -> None:
    """Let the recipe that is suggested for ITEM count: from today on, or from the start if ITEM has no recipe."""
    day = parse_day(first)
    with _deciding(slug, email) as (tx, person):
        done = confirm_recipe(tx, item, day, person, dt.datetime.now(dt.UTC))
    since = "from the start" if done.valid_from is None else f"from {done.valid_from} on"
    if not done.changed:
        say(f"Nothing is suggested for {done.item}; its confirmed recipe counts {since}. Nothing changed.")
        return
    say(f"The recipe of {done.item} is confirmed by {person.email} and counts {since}.")
    say(f"Next: flux run --restaurant {slug}")


@recipes.command()
@ITEM
@click.option("--confirmed", is_flag=True, help="End the recipe that counts, not the suggestion.")
@BY
@RESTAURANT
def reject(item: str, confirmed: bool, email: str | None, slug: str) -> None:
    """Reject the recipe that is suggested for ITEM or, with --confirmed, end the one that counts."""
    with _deciding(slug, email) as (tx, person):
        done = reject_recipe(tx, item, person, dt.datetime.now(dt.UTC), confirmed=confirmed)
    if not done.changed:
        none = "has no recipe that counts" if confirmed else "has no suggested recipe"
        say(f"{done.item} {none}; nothing changed.")
    elif not confirmed:
        say(f"The suggested recipe of {done.item} is rejected by {person.email}.")
    else:
        other = "the one before it counts again" if done.has_other else "it has none now, and so no cost"
        say(f"The recipe of {done.item} is rejected by {person.email} and no longer counts: {other}.")
        if done.taken_by and not done.has_other:
            say(f"Dishes that take it have no cost either: {some(done.taken_by)}.")
        say(f"Next: flux run --restaurant {slug}")


@contextlib.contextmanager
def _deciding(slug: str, email: str | None) -> Iterator[tuple[Tenant, User]]:
    """Open a transaction in which a person decides."""
    with ready_store() as store:
        person = deciding_person(store, slug, email)
        with store.tenant(slug) as tx:
            yield tx, person


def _say_suggested(slug: str, done: Suggested, words: str) -> None:
    verb = "is" if done.changed else "was already"
    say(f"The recipe that {verb} suggested for {done.item} is {words}.")
    say(f"See it: flux recipes show {shlex.quote(done.item)} --restaurant {slug}")
    say(f"Then:   flux recipes confirm {shlex.quote(done.item)} --restaurant {slug}")


def _rows(item: BookItem) -> Iterator[tuple[object, ...]]:
    category = item.category if item.is_sold else "(off the menu)"
    every = [("counts", item.counting), *(("will count", each) for each in item.later), ("suggested", item.suggestion)]
    for status, recipe in every:
        if recipe is not None:
            source = SOURCES[recipe.source]
            by = recipe.confirmed_by
            yield item.name, category, status, recipe.valid_from, _makes(recipe), len(recipe.lines), source, by


def _show_recipe(title: str, recipe: StoredRecipe, book: RecipeBook) -> None:
    lines = book.lines_of(recipe)
    rows = [
        (str(number), amount_of(line.quantity, line.unit), line.name, "its own recipe" if line.is_item else "")
        for number, line in enumerate(lines, start=1)
    ]
    show_table(title, ["line", "quantity", "of", "made by"], rows, right=("line", "quantity"))


def _makes(recipe: StoredRecipe) -> str:
    if recipe.yield_quantity is None or recipe.yield_unit is None:
        return "1 portion"
    return amount_of(recipe.yield_quantity, recipe.yield_unit)


def _since(recipe: StoredRecipe) -> str:
    return "" if recipe.valid_from is None else f" from {recipe.valid_from} on"
