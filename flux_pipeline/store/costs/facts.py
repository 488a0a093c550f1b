"""Facts about a kitchen as known at a moment: recipes, units, costs, losses, conversions and prices, by names.

Pure rooms know items and ingredients by their names. An ingredient that is called like an item with a recipe has
"(ingredient)" behind its name.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from flux_pipeline.costing.history import CostEntry, CostSource, unit_cost_of
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.timeline import EVER, CostFacts
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Line, Recipe
from flux_pipeline.kitchen.units import Unit, find_unit
from flux_pipeline.names import fold_name
from flux_pipeline.store.costs._prices import prices_known
from flux_pipeline.store.costs.known import known_then
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.recipes import StoredRecipe, confirmed_recipes
from flux_pipeline.store.menu.items import homes_of_items
from flux_pipeline.store.models.kitchen.purchases import IngredientCostHistory, Vendor
from flux_pipeline.store.models.kitchen.recipes import Ingredient, UnitConversion
from flux_pipeline.store.models.menu import MenuCategory, MenuItem

# The units of what a guest gets: a recipe without a yield makes one portion.
SERVED = {None, "portion", "piece"}


@dataclass(frozen=True)
class Moment:
    """The moment whose facts are read, and the last day whose sales are used."""

    known_at: dt.datetime
    as_of: dt.date
    is_retrospective: bool = False


@dataclass(frozen=True)
class KnownKitchen:
    """The facts, the ids of the items that are sold and have a recipe, by name, and all values that were read."""

    facts: CostFacts
    items: Mapping[str, uuid.UUID]
    ingredients: Mapping[str, uuid.UUID]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class _Item:
    id: uuid.UUID
    name: str
    category: str | None
    is_sold: bool
    first_sold_on: dt.date | None


def read_kitchen(tx: Tenant, moment: Moment, rules: Sequence[tuple[dt.date, CostingSettings]]) -> KnownKitchen | None:
    """Return what is known at a moment; None if there is no recipe."""
    confirmed = confirmed_recipes(tx)
    found = read_with_recipes(tx, moment, rules, confirmed) if confirmed else None
    return found if found is not None and found.facts.recipes else None


def read_with_recipes(
    tx: Tenant,
    moment: Moment,
    rules: Sequence[tuple[dt.date, CostingSettings]],
    confirmed: Sequence[StoredRecipe],
    *,
    with_money: bool = True,
) -> KnownKitchen:
    """Return what is known at a moment, with the recipes that were ever confirmed, which may be none.

    Without money it has no costs and prices, only losses: what is enough to know what dishes take from stock.
    """
    homes, items = homes_of_items(tx), _items(tx)
    versions = known_then(
        confirmed, lambda each: homes[each.item], moment.known_at, is_retrospective=moment.is_retrospective
    )
    with_recipe = {homes[each.item] for each in versions}
    costs = _cost_rows(tx, moment, with_money=with_money)
    ingredients = tx.connection.execute(
        select(Ingredient.id, Ingredient.name, Ingredient.unit, Ingredient.auto_created).order_by(Ingredient.name)
    ).all()
    costed = {row.ingredient_id for row in costs} if with_money else _with_costs(tx, moment)
    names = _names(ingredients, {items[each].name for each in with_recipe}, costed)
    names |= {item: items[home].name for item, home in homes.items()}
    units = {names[row.id]: find_unit(row.unit) for row in ingredients}
    conversions = _conversions(tx, moment, names, [row.name for row in ingredients])
    entries = _Entries(units, Conversions(conversions))
    for row in costs:
        entries.add(names[row.ingredient_id], row)
    prepared = {homes[line.component_id] for each in versions for line in each.lines if line.component_id is not None}
    served = {homes[each.item] for each in versions if each.yield_unit in SERVED}
    # A dish may have a recipe before it sells; what only goes into others, or is made by volume, is a preparation.
    sold = {
        items[each].name: each
        for each in with_recipe
        if items[each].is_sold or (each in served and each not in prepared)
    }
    prices = prices_known(tx, moment.known_at, moment.as_of, sold.values()) if with_money else {}
    recipes = _recipes(versions, names)
    started = [day for each in with_recipe if (day := items[each].first_sold_on) is not None]
    noted = min((each.known_at for each in versions), default=moment.known_at)
    first_day = min(started, default=tx.restaurant.last_complete_business_day(noted) + dt.timedelta(days=1))
    facts = CostFacts(
        first_day,
        recipes,
        units,
        entries.by_ingredient,
        entries.losses,
        Conversions(conversions),
        {name: prices[item] for name, item in sold.items() if item in prices},
        {items[each].name: category for each in with_recipe if (category := items[each].category) is not None},
        rules,
        entries.refused,
    )
    values = {
        "recipes": recipes,
        "units": {name: unit.name for name, unit in units.items()},
        "costs": [[str(cell) for cell in row] for row in costs],
        "conversions": [each.text for each in conversions],
        "items": [(name, str(sold[name]), facts.categories.get(name)) for name in sorted(sold)],
        "prices": sorted((str(item), dated) for item, dated in prices.items()),
        "rules": [(day.isoformat(), each.model_dump(mode="json")) for day, each in rules],
        "first_day": first_day,
    }
    return KnownKitchen(facts, sold, {names[row.id]: row.id for row in ingredients}, values)


def _names(ingredients: Sequence[Any], prepared: set[str], costed: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the name of each ingredient.

    One that only recipes named is the item of its name, if that has got a recipe: a preparation.
    """
    items = {fold_name(name): name for name in prepared}
    found = {}
    for row in ingredients:
        item = items.get(fold_name(row.name))
        is_item = row.auto_created and row.id not in costed
        found[row.id] = row.name if item is None else item if is_item else f"{row.name} (ingredient)"
    return found


def _items(tx: Tenant) -> dict[uuid.UUID, _Item]:
    query = select(
        MenuItem.id, MenuItem.name, MenuCategory.name.label("category"), MenuItem.is_active, MenuItem.first_sold_on
    ).join(MenuCategory, MenuCategory.id == MenuItem.menu_category_id, isouter=True)
    return {
        row.id: _Item(row.id, row.name, row.category, row.is_active or row.first_sold_on is not None, row.first_sold_on)
        for row in tx.connection.execute(query)
    }


def _recipes(
    versions: Sequence[StoredRecipe], names: Mapping[uuid.UUID, str]
) -> dict[str, list[tuple[dt.date, Recipe]]]:
    """Return the recipes of each item by their first days; of two of one day, the one that was known last."""
    found: dict[str, dict[dt.date, Recipe]] = defaultdict(dict)
    for version in sorted(versions, key=lambda each: (each.valid_from or EVER, each.known_at)):
        item = names[version.item]
        lines = []
        for number, line in enumerate(version.lines, start=1):
            component = line.ingredient_id or line.component_id
            assert component is not None, "a constraint of the table sees to it"
            lines.append(Line(names[component], line.quantity, find_unit(line.unit), number))
        yielded = None if version.yield_unit is None else find_unit(version.yield_unit)
        recipe = Recipe(item, tuple(lines), version.yield_quantity, yielded)
        found[item][version.valid_from or EVER] = recipe
    return {item: sorted(dated.items(), key=lambda each: each[0]) for item, dated in sorted(found.items())}


def _conversions(tx: Tenant, moment: Moment, names: Mapping[uuid.UUID, str], bought: Sequence[str]) -> list[Conversion]:
    """Return the conversions, those of ingredients and items under their names, and of a name that is both for both."""
    rows = tx.connection.execute(select(UnitConversion.__table__)).all()
    known = known_then(
        rows,
        lambda row: (row.ingredient_id, row.menu_item_id, row.from_unit, row.to_unit),
        moment.known_at,
        is_retrospective=moment.is_retrospective,
    )
    by_folded: dict[str, set[str]] = defaultdict(set)
    for name in names.values():
        by_folded[fold_name(name.removesuffix(" (ingredient)"))].add(name)
    found = []
    for row in known:
        subject = row.ingredient_id or row.menu_item_id
        same = [None] if subject is None else by_folded[fold_name(names[subject].removesuffix(" (ingredient)"))]
        found += [
            Conversion(row.from_quantity, find_unit(row.from_unit), row.to_quantity, find_unit(row.to_unit), name)
            for name in same
        ]
    return sorted(found, key=lambda each: each.text)


def _with_costs(tx: Tenant, moment: Moment) -> set[uuid.UUID]:
    """Return the ingredients that have a cost; in a look back a first one counts as known, as `known_then` has it."""
    cost = IngredientCostHistory
    known = [] if moment.is_retrospective else [cost.known_at <= moment.known_at]
    return set(tx.connection.scalars(select(cost.ingredient_id).where(*known).distinct()))


def _cost_rows(tx: Tenant, moment: Moment, *, with_money: bool) -> list[Any]:
    cost = IngredientCostHistory
    query = (
        select(
            cost.ingredient_id,
            cost.source,
            cost.vendor_id,
            Vendor.name.label("vendor"),
            cost.order_code,
            cost.delivery_line_id,
            cost.valid_from,
            cost.unit_cost,
            cost.unit,
            cost.waste_factor,
            cost.quantity,
            cost.known_at,
            cost.superseded_at,
        )
        .join(Vendor, Vendor.id == cost.vendor_id, isouter=True)
        .where(*([] if with_money else [cost.waste_factor.is_not(None)]))
        .order_by(cost.ingredient_id, cost.valid_from.nulls_first(), cost.known_at, cost.id)
    )
    return known_then(
        tx.connection.execute(query).all(),
        lambda row: (row.ingredient_id, row.source, row.vendor_id, row.order_code),
        moment.known_at,
        is_retrospective=moment.is_retrospective,
    )


class _Entries:
    """Costs of ingredients in their units, and why some can't be converted."""

    def __init__(self, units: Mapping[str, Unit], conversions: Conversions) -> None:
        self._units, self._conversions = units, conversions
        self.by_ingredient: dict[str, list[CostEntry]] = defaultdict(list)
        self.losses: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
        self.refused: dict[str, list[str]] = defaultdict(list)

    def add(self, name: str, row: Any) -> None:
        """Add a row; a loss holds from its day on, whatever the unit of the cost."""
        since = row.valid_from or EVER
        if row.waste_factor is not None:
            self.losses[name].append((since, row.waste_factor))
        if row.unit_cost is None:
            return
        stated, own = find_unit(row.unit), self._units[name]
        try:
            cost = unit_cost_of(
                row.unit_cost,
                Decimal(1),
                stated,
                ingredient=name,
                ingredient_unit=own,
                conversions=self._conversions,
            )
            quantity = row.quantity and self._conversions.convert(row.quantity, stated, own, name)
        except PermanentError as exc:
            source = row.vendor or row.source.replace("_", " ")
            sentence = f"Its cost by {source} can't be used: {exc}"
            if sentence not in self.refused[name]:
                self.refused[name].append(sentence)
            return
        self.by_ingredient[name].append(
            CostEntry(
                name,
                cost,
                since,
                row.known_at,
                CostSource(row.source),
                row.vendor,
                row.order_code,
                None if row.delivery_line_id is None else str(row.delivery_line_id),
                quantity,
            )
        )
