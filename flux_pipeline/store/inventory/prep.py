"""Prep sheet of a restaurant: samples of demand, recipes, counts and minimums of a day, read for `plan_sheet`."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from flux_pipeline.costing.oneday import KitchenDay
from flux_pipeline.demand.distribution.posterior import DemandPosterior, sample_demand
from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.planning.prep import Preparation
from flux_pipeline.inventory.planning.preparations import DaySold, find_preparations, plan_sheet
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.shown.prep import PrepRow, PrepSheet
from flux_pipeline.kitchen.conversions import ConversionError, Conversions
from flux_pipeline.kitchen.explosion import Kitchen, Recipe
from flux_pipeline.kitchen.units import find_unit
from flux_pipeline.names import fold_name
from flux_pipeline.store.costs.current import asked_day, kitchen_asked
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.demand import current_posterior
from flux_pipeline.store.forecasts.published import newest_as_of
from flux_pipeline.store.menu.items import names_of_items
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.kitchen.stock import InventoryCount
from flux_pipeline.store.records.settings import read_settings

ONE_DAY = dt.timedelta(days=1)
# The end of a day, at which a count without a time is.
AT_END = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class _Stock:
    """What is there of a preparation, or its minimum, in the unit of its yield, with remarks."""

    quantity: Decimal = Decimal(0)
    counted_on: dt.date | None = None
    remarks: tuple[str, ...] = ()


NOTHING = _Stock()


def prep_sheet(tx: Tenant, day: dt.date | None, quantile: float | None, now: dt.datetime) -> PrepSheet:
    """Return what to prepare for a day.

    Args:
        tx: the restaurant's transaction.
        day: the day; None: the first of the newest forecast.
        quantile: how probable it should be that it is enough; None: the setting `prep_quantile`.
        now: the moment (aware), as known at which recipes are read.

    Raises:
        PermanentError: the day has no forecast, or recipes contain each other.
    """
    posterior, as_of = _posterior(tx)
    chosen = day or dt.date.fromisoformat(posterior.dates[0])
    if chosen.isoformat() not in posterior.dates:
        raise PermanentError(
            f"{tx.restaurant.slug} has no forecast of {chosen}; expected a day from {posterior.dates[0]} to "
            f"{posterior.dates[-1]}. A newer forecast: flux run --restaurant {tx.restaurant.slug}"
        )
    share = quantile or read_settings(tx, InventorySettings).prep_quantile
    facts = kitchen_asked(tx, asked_day(tx, chosen, None, now)).facts
    recipes = KitchenDay(facts, chosen).recipes
    names = names_of_items(tx)
    # An item of the forecast that was merged since is the one that remains.
    dishes = [names[uuid.UUID(item)] for item in posterior.items]
    found = find_preparations(dishes, recipes, Kitchen(recipes.values(), facts.units, facts.conversions))
    sold = sample_demand(posterior).quantity[:, :, posterior.dates.index(chosen.isoformat())]
    counted, minimums = _available(tx, chosen, recipes, facts.conversions), _minimums(tx, recipes, facts.conversions)
    stock = _stock(recipes, found.names, counted, minimums)
    lines = []
    for planned in plan_sheet(found, DaySold(tuple(dishes), sold), stock, share):
        name = planned.line.preparation.name
        count, minimum = counted.get(name, NOTHING), minimums.get(name, NOTHING)
        lines.append(PrepRow(planned, _unit(recipes[name]), count.counted_on, (*count.remarks, *minimum.remarks)))
    # A dish that is not sold on that day needs no recipe.
    lacking = {dish for at, dish in enumerate(dishes) if dish not in recipes and sold[:, at].any()}
    return PrepSheet(chosen, as_of, share, tuple(lines), tuple(sorted(lacking)), found.refused)


def _stock(
    recipes: Mapping[str, Recipe], names: Sequence[str], counted: Mapping[str, _Stock], minimums: Mapping[str, _Stock]
) -> dict[str, Preparation]:
    """Return each preparation with its batch, its minimum and what is available."""
    found = {}
    for name in names:
        batch = recipes[name].yield_quantity
        assert batch is not None, "preparations have a yield"
        minimum, available = minimums.get(name, NOTHING).quantity, counted.get(name, NOTHING).quantity
        found[name] = Preparation(name, batch, minimum, available)
    return found


def _posterior(tx: Tenant) -> tuple[DemandPosterior, dt.date]:
    as_of = newest_as_of(tx)
    found = None if as_of is None else current_posterior(tx, as_of)
    if as_of is None or found is None or not found[1].dates:
        slug = tx.restaurant.slug
        raise PermanentError(f"{slug} has no demand forecast yet. Make one: flux run --restaurant {slug}")
    return found[1], as_of


def _available(tx: Tenant, day: dt.date, recipes: Mapping[str, Recipe], conversions: Conversions) -> dict[str, _Stock]:
    """Return what was counted last of each item on the day or the day before it; at several places it adds up."""
    names = names_of_items(tx)
    count = InventoryCount
    query = select(count.menu_item_id, count.counted_on, count.counted_at, count.location, count.lot).add_columns(
        count.quantity, count.unit
    )
    query = query.where(
        count.superseded_at.is_(None), count.menu_item_id.is_not(None), count.counted_on.in_([day - ONE_DAY, day])
    )
    newest: dict[str, dict[tuple[str, str], tuple[dt.datetime, Decimal, str]]] = {}
    on: dict[str, dt.date] = {}
    # The first of a place is its newest.
    rows = tx.connection.execute(query.order_by(count.counted_on.desc(), count.counted_at.desc().nulls_first()))
    for row in rows:
        name = names[row.menu_item_id]
        if on.setdefault(name, row.counted_on) == row.counted_on:
            place = row.location or "", row.lot or ""
            newest.setdefault(name, {}).setdefault(place, (row.counted_at or AT_END, row.quantity, row.unit))
    found = {}
    for name, places in newest.items():
        if name in recipes and recipes[name].yield_unit is not None:
            parts = [
                _converted("count", name, quantity, unit, recipes, conversions) for _, quantity, unit in places.values()
            ]
            remarks = tuple(remark for part in parts for remark in part.remarks)
            found[name] = _Stock(sum((part.quantity for part in parts), Decimal(0)), on[name], remarks)
    return found


def _minimums(tx: Tenant, recipes: Mapping[str, Recipe], conversions: Conversions) -> dict[str, _Stock]:
    """Return the par level of the ingredient that is called like a preparation, if there is one."""
    names = {fold_name(name): name for name, recipe in recipes.items() if recipe.yield_unit is not None}
    query = select(Ingredient.name, Ingredient.unit, Ingredient.par_level).where(Ingredient.par_level.is_not(None))
    return {
        name: _converted("par level", name, row.par_level, row.unit, recipes, conversions)
        for row in tx.connection.execute(query)
        if (name := names.get(fold_name(row.name))) is not None
    }


def _converted(
    what: str, name: str, quantity: Decimal, unit: str, recipes: Mapping[str, Recipe], conversions: Conversions
) -> _Stock:
    yielded = recipes[name].yield_unit
    assert yielded is not None, "only those with a yield are asked for"
    try:
        return _Stock(conversions.convert(quantity, find_unit(unit), yielded, name))
    except ConversionError as exc:
        return _Stock(remarks=(f"its {what} in {unit} is left out. {exc}",))


def _unit(recipe: Recipe) -> str:
    assert recipe.yield_unit is not None, "a yield has a unit"
    return recipe.yield_unit.name
