"""Recipes as they are stored: versions of what goes into an item, read as known at a moment, and added."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.recipes import RecipeLine, RecipeVersion


@dataclass(frozen=True)
class StoredLine:
    """A line of a recipe: an ingredient or another item, by its id."""

    ingredient_id: uuid.UUID | None
    component_id: uuid.UUID | None
    quantity: Decimal
    unit: str


@dataclass
class StoredRecipe:
    """A version of an item's recipe; `valid_from` is None if it holds from the start.

    It counts from `confirmed_at` until `rejected_at`, the moments at which a person decided so.
    """

    id: uuid.UUID
    item: uuid.UUID
    valid_from: dt.date | None
    noted_at: dt.datetime
    status: str = "suggested"
    source: str = "upload"
    yield_quantity: Decimal | None = None
    yield_unit: str | None = None
    confirmed_at: dt.datetime | None = None
    rejected_at: dt.datetime | None = None
    confirmed_by: str | None = None
    lines: list[StoredLine] = field(default_factory=list)

    @property
    def known_at(self) -> dt.datetime:
        """The moment since which it counts, or was noted."""
        return self.confirmed_at or self.noted_at

    @property
    def superseded_at(self) -> dt.datetime | None:
        """The moment since which it doesn't count any more."""
        return self.rejected_at

    @property
    def counts(self) -> bool:
        """Whether it counts now."""
        return self.status == "confirmed"

    def says_the_same(self, other: "StoredRecipe") -> bool:
        """Return whether both make the same of the same."""
        ours, theirs = ((each.yield_quantity, each.yield_unit, sorted(each.lines, key=repr)) for each in (self, other))
        return ours == theirs


def stored_recipes(tx: Tenant) -> list[StoredRecipe]:
    """Return every version there is, in the order of their first days and moments."""
    version = RecipeVersion
    query = select(RecipeVersion.__table__).order_by(version.valid_from.nulls_first(), version.known_at, version.id)
    found = {
        row["id"]: StoredRecipe(
            row["id"],
            row["menu_item_id"],
            row["valid_from"],
            row["known_at"],
            row["status"],
            row["source"],
            row["yield_quantity"],
            row["yield_unit"],
            row["confirmed_at"],
            row["rejected_at"],
            row["confirmed_by"],
        )
        for row in tx.connection.execute(query).mappings()
    }
    line = RecipeLine
    lines = select(
        line.recipe_version_id, line.ingredient_id, line.component_menu_item_id, line.quantity, line.unit
    ).order_by(line.recipe_version_id, line.line_number)
    for row in tx.connection.execute(lines):
        found[row.recipe_version_id].lines.append(StoredLine(*row[1:]))
    return list(found.values())


def confirmed_recipes(tx: Tenant) -> list[StoredRecipe]:
    """Return the versions that were ever confirmed, in the order of their first days and moments."""
    return [each for each in stored_recipes(tx) if each.confirmed_at is not None]


def counting_on(own: Iterable[StoredRecipe], day: dt.date) -> StoredRecipe | None:
    """Return which of an item's recipes counts on a day, None if none does."""
    valid = [each for each in own if each.counts and (each.valid_from is None or each.valid_from <= day)]
    return max(valid, key=lambda each: (each.valid_from or dt.date.min, each.known_at), default=None)


def write_recipes(
    tx: Tenant,
    recipes: Sequence[StoredRecipe],
    upload_id: uuid.UUID | None,
    source: str,
    confirmed_by: str | None,
    at: dt.datetime,
) -> None:
    """Add versions; they are confirmed if it is known by whom, else suggested."""
    if not recipes:
        return
    ours: dict[str, Any] = {"restaurant_id": tx.restaurant.id}
    decided: dict[str, Any] = {
        "status": "suggested" if confirmed_by is None else "confirmed",
        "confirmed_by": confirmed_by,
        "confirmed_at": None if confirmed_by is None else at,
        "source": source,
        "data_upload_id": upload_id,
        "known_at": at,
    }
    tx.connection.execute(
        insert(RecipeVersion),
        [
            ours
            | decided
            | {
                "id": each.id,
                "menu_item_id": each.item,
                "valid_from": each.valid_from,
                "yield_quantity": each.yield_quantity,
                "yield_unit": each.yield_unit,
            }
            for each in recipes
        ],
    )
    tx.connection.execute(
        insert(RecipeLine),
        [
            ours
            | {
                "recipe_version_id": each.id,
                "line_number": number,
                "ingredient_id": line.ingredient_id,
                "component_menu_item_id": line.component_id,
                "quantity": line.quantity,
                "unit": line.unit,
            }
            for each in recipes
            for number, line in enumerate(each.lines, start=1)
        ],
    )
