"""Subjects of stock: what counts and waste are of, an ingredient, or an item such as a sauce or a dish.

Files of stock create no name: what is unknown is rejected with a sentence.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from flux_pipeline.ingest.kinds.plain import SentenceRule
from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.ingredients import KnownIngredient, known_ingredients
from flux_pipeline.store.menu.items import known_items
from flux_pipeline.wording import shortened

UNKNOWN = "unknown_name"


@dataclass(frozen=True)
class Ended:
    """What an upload said until it was withdrawn.

    Attributes:
        rows: how many rows of it ended.
        said: by what they were about, what a person had said before, None where nobody had.
    """

    rows: int
    said: Mapping[Any, Any]


@dataclass(frozen=True)
class Subject:
    """An ingredient with its unit, or an item, which has none of its own."""

    ingredient_id: uuid.UUID | None = None
    menu_item_id: uuid.UUID | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Subjects:
    """The subjects of a restaurant by their folded names. A name of both is that of the ingredient."""

    ingredients: Mapping[str, KnownIngredient]
    items: Mapping[str, uuid.UUID]

    @classmethod
    def of(cls, tx: Tenant) -> "Subjects":
        """Return those of the transaction's restaurant."""
        return cls(known_ingredients(tx), known_items(tx))

    def find(self, name: str, *, items_first: bool = False) -> Subject | None:
        """Return what a name means, None if it is unknown."""
        alias = fold_name(name)
        item = Subject(menu_item_id=self.items[alias]) if alias in self.items else None
        known = self.ingredients.get(alias)
        if known is None or (item is not None and items_first):
            return item
        return Subject(ingredient_id=known.id, unit=known.unit)

    def unknown_in(self, field: str) -> SentenceRule:
        """Return the rule that names of a field are known."""
        return SentenceRule(UNKNOWN, field, lambda rows: [self._fault(name) for name in rows[field]])

    def _fault(self, name: str | None) -> str | None:
        if name is None or self.find(name) is not None:
            return None
        near = near_duplicates([fold_name(name)], self._spellings)
        meant = f" Did you mean '{shortened(self._spellings[near[0].known], 60)}'?" if near else ""
        return (
            f"No ingredient and no item is called '{shortened(name, 60)}'.{meant} Correct the name, or load a file of "
            "ingredients or recipes that has it, and send the row again."
        )

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {name: name for name in self.items} | {name: known.name for name, known in self.ingredients.items()}


def ids_of(subjects: list[Subject], index: pd.Index) -> dict[str, pd.Series]:
    """Return the two columns of ids, one of which is empty in each row."""
    names = ("ingredient_id", "menu_item_id")
    return {name: pd.Series([getattr(each, name) for each in subjects], index=index, dtype=object) for name in names}
