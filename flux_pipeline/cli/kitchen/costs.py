"""Command `flux costs`: what each dish costs and leaves, why, what moved, and what is probably wrong."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import click

from flux_pipeline.cli.console import (
    RESTAURANT,
    as_csv,
    as_json,
    emit,
    note,
    parse_day,
    ready_store,
    say,
    show_table,
)
from flux_pipeline.cli.figures import SHOWN, rules_in_words, signed, some
from flux_pipeline.cli.kitchen._tree import show_batch
from flux_pipeline.costing.changes import CostedItem, moves_between
from flux_pipeline.costing.dishes import CENT, rounded
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.suspicions import Suspicion
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.wording import count_of, money

ASSETS = ("menu_item_costs", "menu_profitability")
# What moved by less is rounding to who reads it.
LEAST_MOVE = Decimal("0.005")
# How far back margins are compared.
DAYS = 28
FIGURES = ("price without tax", "cost", "margin", "margin %")


@click.group(invoke_without_command=True)
@click.option("--restaurant", "slug", help="Which restaurant.")
@click.option("--day", metavar="DAY", help="YYYY-MM-DD: costs on that day; default: today, or that of --as-of.")
@click.option("--as-of", metavar="DAY", help="YYYY-MM-DD: as published at the end of that business day.")
@click.option("--item", help="One dish or preparation, as a tree of what it is made of.")
@click.option("--csv", "style", flag_value="csv", help="Every item, as CSV.")
@click.option("--json", "style", flag_value="json", help="Every item, as JSON.")
@click.pass_context
def costs(
    ctx: click.Context, slug: str | None, day: str | None, as_of: str | None, item: str | None, style: str | None
) -> None:
    """Show what each dish costs, its margin (price without tax - cost), and what has no cost and why.

    With --item, show a dish or a preparation as a tree of its ingredients, with what a whole batch costs and one unit
    of it.
    """
    if ctx.invoked_subcommand is not None:
        if any(option is not None for option in (slug, day, as_of, item, style)):
            raise click.UsageError(f"Options belong after the command: flux costs {ctx.invoked_subcommand} --...", ctx)
        return
    if slug is None:
        raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    if item is not None and style is not None:
        raise click.UsageError("--item shows a tree for people. Leave --csv and --json out.", ctx)
    if item is not None:
        show_batch(slug, item, parse_day(day), parse_day(as_of))
    else:
        _show_all(slug, parse_day(day), parse_day(as_of), style)


def _show_all(slug: str, day: dt.date | None, as_of: dt.date | None, style: str | None) -> None:
    from flux_pipeline.store.costs.current import asked_day, rules_on
    from flux_pipeline.store.costs.published import costs_on
    from flux_pipeline.store.kitchen.recipe_book import read_book

    with ready_store() as store, store.tenant(slug) as tx:
        asked = asked_day(tx, day, as_of, dt.datetime.now(dt.UTC))
        found = costs_on(tx, asked.day, asked.known_at if as_of else None)
        if not found and not style:
            raise _nothing(tx, asked.day, as_of)
        rules, book, currency = rules_on(tx, asked), read_book(tx, asked.day), tx.restaurant.currency
    if style:
        _emit(found, style)
        return
    published = f", as published at the end of {as_of}" if as_of else ""
    show_costs(f"{slug}: what dishes cost on {asked.day}, in {currency}{published}", found)
    say(rules_in_words(rules))
    _say_gaps([each for each in found if each.cost is None])
    if as_of is None and (lacking := [each.name for each in book.without_recipe]):
        say(f"Without a recipe: {count_of(len(lacking), 'item')} on the menu: {some(lacking)}.")
        say(f"See flux recipes list --restaurant {slug}")


def show_costs(title: str, found: Sequence[CostedItem]) -> None:
    """Show items with their prices, costs and margins, by category."""
    costed = [each for each in found if each.cost is not None]
    costed.sort(key=lambda each: (each.category or "", -(each.margin or Decimal("-Infinity")), each.item))
    rows = [
        (
            each.item,
            each.category,
            money(each.net_price),
            money(each.cost),
            money(each.margin),
            "" if each.margin_percent is None else f"{each.margin_percent:.1f}",
        )
        for each in costed
    ]
    show_table(title, ["item", "category", *FIGURES], rows, right=FIGURES)
    if any(_seems_wrong(each) for each in costed):
        say("Margins are computed before rounding, so some differ by a cent from the figures beside them.")


def _seems_wrong(item: CostedItem) -> bool:
    """Return whether the rounded figures of an item don't add up."""
    if item.net_price is None or item.cost is None or item.margin is None:
        return False
    return rounded(item.net_price, CENT) - rounded(item.cost, CENT) != item.margin


def _say_gaps(gaps: Sequence[CostedItem]) -> None:
    """Say which items have no cost, and why."""
    if not gaps:
        return
    say(f"Without a cost: {count_of(len(gaps), 'item')}")
    for each in gaps[:SHOWN]:
        say(f"  {each.item}: {' '.join(each.missing)}")
    if len(gaps) > SHOWN:
        say(f"  and {len(gaps) - SHOWN} more")


def _emit(found: Sequence[CostedItem], style: str) -> None:
    columns = ("item", "category", "net_price", "cost", "margin", "margin_percent", "missing")
    rows = [
        (each.item, each.category, each.net_price, each.cost, each.margin, each.margin_percent, " ".join(each.missing))
        for each in found
    ]
    emit((as_csv if style == "csv" else as_json)(columns, rows))


def _nothing(tx: Tenant, day: dt.date, as_of: dt.date | None) -> PermanentError:
    from flux_pipeline.store.costs.published import has_costs

    slug = tx.restaurant.slug
    if as_of is not None:
        return PermanentError(f"No cost of {day} was published at {slug} by the end of {as_of}.")
    if has_costs(tx, dt.datetime.now(dt.UTC)):
        return PermanentError(f"No cost of {day} is published at {slug}; the first are of a later day.")
    return PermanentError(
        f"No cost is published at {slug} yet. Load recipes and what ingredients cost (flux upload FILE --kind "
        f"recipes, ingredients, vendor_prices or deliveries), then: flux run --restaurant {slug}"
    )


@costs.command()
@RESTAURANT
@click.option(
    "--days", type=click.IntRange(1, 1_000), default=DAYS, show_default=True, help="How far back to compare with."
)
def changes(slug: str, days: int) -> None:
    """Show which margins moved within some days, and because of which ingredient."""
    with ready_store() as store, store.tenant(slug) as tx:
        show_changes(tx, days)


def show_changes(tx: Tenant, days: int = DAYS) -> None:
    """Show which margins of a restaurant moved within some days up to today, and why."""
    from flux_pipeline.store.costs.current import today_of
    from flux_pipeline.store.costs.published import costs_on

    slug, currency = tx.restaurant.slug, tx.restaurant.currency
    today = today_of(tx, dt.datetime.now(dt.UTC))
    first = today - dt.timedelta(days=days)
    before, after = costs_on(tx, first), costs_on(tx, today)
    if not after:
        raise _nothing(tx, today, None)
    moves = moves_between(before, after)
    known = {each.item for each in before if each.cost is not None}
    compared = sum(each.cost is not None and each.item in known for each in after)
    shown = [move for move in moves if abs(move.margin_change) >= LEAST_MOVE]
    if not shown:
        dishes = count_of(compared, "dish", "dishes")
        say(f"{slug}: no margin of {dishes} moved by a cent or more from {first} to {today}.")
        return
    rows = [
        (
            move.after.item,
            move.after.category,
            money(move.before.cost),
            money(move.after.cost),
            money(move.before.margin),
            money(move.after.margin),
            signed(move.margin_change),
            move.reason,
        )
        for move in shown
    ]
    figures = ("cost before", "cost now", "margin before", "margin now", "margin moved by")
    title = f"{slug}: margins that moved from {first} to {today}, in {currency}"
    show_table(title, ["item", "category", *figures, "because of"], rows, right=figures)
    say(
        f"{len(shown)} of {count_of(compared, 'dish', 'dishes')} moved by a cent or more. "
        "Beside an ingredient is by how much its part of the cost rose (+) or fell (-)."
    )


@costs.command()
@RESTAURANT
@click.pass_context
def check(ctx: click.Context, slug: str) -> None:
    """List what is probably wrong with units, packs, conversions and recipes, with the line at fault.

    None of it is proof: look at each line, and correct its file. The exit code is 1 if there is anything to look at.
    """
    from flux_pipeline.costing.check import check_kitchen
    from flux_pipeline.store.costs.current import asked_day, kitchen_asked
    from flux_pipeline.store.records.settings import read_settings

    with ready_store() as store, store.tenant(slug) as tx:
        asked = asked_day(tx, None, None, dt.datetime.now(dt.UTC))
        kitchen, limits = kitchen_asked(tx, asked), read_settings(tx, CostingSettings)
    if not kitchen.facts.recipes:
        say(f"{slug} has no confirmed recipe yet, so there is nothing to look at.")
        return
    found = check_kitchen(kitchen.facts, sorted(kitchen.items), asked.day, limits)
    if not found:
        say(f"{slug}: nothing looks wrong in {count_of(len(kitchen.facts.recipes), 'recipe')}.")
        return
    say(f"{slug}: {count_of(len(found), 'thing')} to look at")
    unusable = [f"'{name}': {sentence}" for name, sentences in found.unusable.items() for sentence in sentences]
    cycles = [" -> ".join(f"'{each}'" for each in path) + ". Remove one of these lines." for path in found.cycles]
    for heading, lines in (
        ("Recipes that contain each other:", cycles),
        ("Stored costs that can't be used:", unusable),
        ("Dishes whose cost is unlikely:", [_in_words(each) for each in found.dishes]),
        ("Costs of dishes that jumped:", [_in_words(each) for each in found.jumps]),
        ("Costs of ingredients that jumped:", [_in_words(each) for each in found.entries]),
    ):
        if lines:
            say("\n  ".join([f"\n{heading}", *lines]))
    ctx.exit(1)


def _in_words(found: Suspicion) -> str:
    return f"{found.sentence.removesuffix('.')}, line {found.line}." if found.line else found.sentence


@costs.command()
@RESTAURANT
@click.option("--from", "first", metavar="DAY", help="YYYY-MM-DD: the first day to cost again; default: all days.")
def recompute(slug: str, first: str | None) -> None:
    """Cost past days again by the current settings, which otherwise count from the day after a change.

    What was published before stays on record, and the audit log says who did this.
    """
    day, now = parse_day(first), dt.datetime.now(dt.UTC)
    with ready_store() as store:
        with store.tenant(slug) as tx:
            _recompute(tx, day, now)
        from flux_pipeline.orchestration.commands.launch import run_restaurant
        from flux_pipeline.orchestration.instance import open_instance

        note(f"Costing {'all days' if day is None else f'the days from {day} on'} again ...")
        with open_instance(store) as instance:
            result = run_restaurant(instance, slug, None, only=ASSETS)
    if result.failures:
        raise PermanentError("; ".join(result.failures))
    for asset, words in zip(ASSETS, ("costs of dishes", "weeks of dishes"), strict=True):
        done = result.metadata.get(asset, {})
        if "skipped" in done:
            say(f"{slug}: {words}: {done['skipped']}.")
            continue
        count = 0 if "unchanged_since_run" in done else done.get("rows_changed", 0)
        say(f"{slug}: {count_of(int(count), 'row')} of {asset} ({words}) changed.")


def _recompute(tx: Tenant, day: dt.date | None, now: dt.datetime) -> None:
    from flux_pipeline.store.costs.current import today_of
    from flux_pipeline.store.costs.rules import recompute_from

    today = today_of(tx, now)
    if day is not None and day > today:
        raise PermanentError(f"--from {day} is in the future; expected {today} or an earlier day.")
    recompute_from(tx, day, now)
