"""Subjects of waste by their ids: their names, and what a quantity of one takes of each ingredient."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

from flux_pipeline.costing.usage import Usage, in_unit_of, usage_of
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.units import Unit
from flux_pipeline.store.costs.facts import KnownKitchen
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.items import names_of_items


class Subjects:
    """The subjects of a kitchen by their ids, with what they take of each ingredient."""

    def __init__(self, tx: Tenant, kitchen: KnownKitchen) -> None:
        self.ingredients: Mapping[uuid.UUID, str] = {key: name for name, key in kitchen.ingredients.items()}
        self.items = names_of_items(tx)
        self._facts = kitchen.facts
        self._of_one: dict[tuple[uuid.UUID, str, dt.date], Usage] = {}

    def unit_of(self, ingredient: uuid.UUID) -> str:
        """Return the name of an ingredient's unit."""
        return self._facts.units[self.ingredients[ingredient]].name

    def taken(
        self, ingredient: uuid.UUID | None, item: uuid.UUID | None, quantity: Decimal, unit: Unit, day: dt.date
    ) -> Usage:
        """Return what a quantity takes of each ingredient, in their units, or why that is not known.

        Of an item it is what can be used, without yields, because that is what costs are of. `StockKitchen.usage_of`
        says what leaves stock.
        """
        if ingredient is not None:
            name = self.ingredients[ingredient]
            try:
                return Usage({name: in_unit_of(self._facts, name, quantity, unit)})
            except PermanentError as exc:
                return Usage(refusals=(str(exc),))
        assert item is not None, "waste is of an ingredient or of an item"
        key = item, unit.name, day
        if key not in self._of_one:
            self._of_one[key] = usage_of(self._facts, self.items[item], Decimal(1), unit, day)
        one = self._of_one[key]
        return Usage({name: amount * quantity for name, amount in one.quantities.items()}, one.refusals)
