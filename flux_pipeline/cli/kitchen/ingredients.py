"""Command `flux ingredients`: what a unit of each ingredient costs now, and since when; what is sold as bought."""

import datetime as dt

import click

from flux_pipeline.cli.console import RESTAURANT, as_csv, as_json, emit, ready_store, say, show_table
from flux_pipeline.cli.figures import percent, some, unit_cost
from flux_pipeline.cli.kitchen._bought_list import read_list
from flux_pipeline.names import near_duplicates_among
from flux_pipeline.wording import count_of


@click.group()
def ingredients() -> None:
    """Show the ingredients. Load a list of them with `flux upload FILE --kind ingredients`."""


@ingredients.command("list")
@click.option("--csv", "style", flag_value="csv", help="Every column, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every column, as JSON.")
@RESTAURANT
def list_them(style: str | None, slug: str) -> None:
    """Show what a unit of each ingredient costs by the costing_method (a setting), its loss, and where that is from.

    The day is the one from which that cost holds, or on which it came in if its file gave none.
    """
    from flux_pipeline.store.costs.current import asked_day
    from flux_pipeline.store.costs.ingredients import IngredientLine, list_ingredients

    with ready_store() as store, store.tenant(slug) as tx:
        found = list_ingredients(tx, asked_day(tx, None, None, dt.datetime.now(dt.UTC)))
        currency = tx.restaurant.currency
    if style:
        emit((as_csv if style == "csv" else as_json)(IngredientLine._fields, found))
        return
    if not found:
        say(f"{slug} has no ingredients yet. Load a list: flux upload FILE --kind ingredients --restaurant {slug}")
        return
    rows = [
        (
            each.ingredient,
            each.unit,
            unit_cost(each.unit_cost),
            percent(each.loss) if each.loss else "",
            each.recipes,
            each.priced_on,
            each.source,
        )
        for each in found
    ]
    figures = ("cost of a unit", "loss", "recipes")
    title = f"{slug}: {count_of(len(rows), 'ingredient')}, costs without loss in {currency}"
    show_table(title, ["ingredient", "unit", *figures, "since", "from"], rows, right=figures)
    if lacking := [each.ingredient for each in found if each.unit_cost is None and each.recipes]:
        say(f"Used in recipes without a cost: {some(lacking)}. flux costs check --restaurant {slug} says more.")
    for near in near_duplicates_among({each.ingredient: each.recipes for each in found}):
        say(f"'{near.name}' may be '{near.known}'. If so, use one name in all files.")


@ingredients.command("sold-as-bought")
@click.argument("names", metavar="NAME|FILE.csv...", nargs=-1, required=True)
@RESTAURANT
def sold_as_bought(names: tuple[str, ...], slug: str) -> None:
    """Give menu items that are sold as they are bought, such as bottles, an ingredient each and a recipe of one of it.

    Name the items, or a CSV file with the headings name and, if they are known, sku, barcode and unit_cost. The recipe
    counts at once, since ever.
    """
    from flux_pipeline.store.kitchen.sold_as_bought import sell_as_bought

    rows = read_list(names)
    with ready_store() as store, store.tenant(slug) as tx:
        made = sell_as_bought(tx, rows, dt.datetime.now(dt.UTC))
    for each in made:
        if each.problem is None:
            say(f"{each.item}: its recipe {'is now' if each.changed else 'was already'} {each.recipe}.")
    refused = [each for each in made if each.problem is not None]
    for each in refused:
        say(f"{each.item}: not done. {each.problem}")
    done = len(made) - len(refused)
    changed = sum(each.changed for each in made)
    say(f"{slug}: {count_of(changed, 'item')} changed, {done - changed} unchanged, {len(refused)} not done.")
    if changed:
        say(f"Next: flux run --restaurant {slug}")
    if refused:
        raise SystemExit(1)
