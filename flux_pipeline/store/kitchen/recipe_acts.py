"""Acts of people on recipes: suggest one from another dish's, confirm it, reject it. Each is logged.

A suggestion doesn't count until a person confirms it. An item has at most one: a new one ends the one before.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.explosion import find_cycles
from flux_pipeline.kitchen.similar import Dish, most_similar
from flux_pipeline.kitchen.units import plain
from flux_pipeline.store.access.people import User
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.recipe_book import BookItem, RecipeBook, read_book
from flux_pipeline.store.kitchen.recipes import StoredRecipe, write_recipes
from flux_pipeline.store.menu.items import find_item
from flux_pipeline.store.models.kitchen.recipes import RecipeVersion
from flux_pipeline.store.records.acts import note_act


@dataclass(frozen=True)
class Suggested:
    """A recipe that is suggested for an item: whose it is, why that was chosen, and whether it is new."""

    item: str
    like: str
    reason: str
    changed: bool


@dataclass(frozen=True)
class Confirmed:
    """A recipe that counts from a day on (None: from the start); unchanged if nothing was suggested."""

    item: str
    valid_from: dt.date | None
    changed: bool


@dataclass(frozen=True)
class Rejected:
    """A recipe that was ended, unchanged if there was none; whether another counts now, and which items take it."""

    item: str
    changed: bool
    has_other: bool
    taken_by: Sequence[str]


def suggest_recipe(tx: Tenant, name: str, like: str | None, person: User, now: dt.datetime) -> Suggested:
    """Suggest the recipe of the most similar dish for an item, or that of `like`. Idempotent.

    Raises:
        PermanentError: an item is unknown, no dish is similar, or the recipe can't be that of the item.
    """
    tx.lock()
    book = read_book(tx, _today(tx, now))
    item = _item(tx, book, name)
    if like is not None:
        return _suggest(tx, book, _item(tx, book, like), item, "similar", "you named it", person, now)
    others = {
        other.name: other
        for other in book.items.values()
        if other.counting is not None and other.id != item.id and not _would_contain_itself(book, item, other.counting)
    }
    found = most_similar(_dish(item), map(_dish, others.values()))
    if found is None:
        raise PermanentError(
            f"No dish with a recipe is similar to {item.name!r} by name, or by category and price. "
            "Name one with --like, or upload a recipe: `flux upload FILE --kind recipes`."
        )
    return _suggest(tx, book, others[found.name], item, "similar", found.reason, person, now)


def copy_recipe(tx: Tenant, name: str, to: str, person: User, now: dt.datetime) -> Suggested:
    """Suggest a copy of an item's recipe for another item. Idempotent.

    Raises:
        PermanentError: as `suggest_recipe` does.
    """
    tx.lock()
    book = read_book(tx, _today(tx, now))
    return _suggest(tx, book, _item(tx, book, name), _item(tx, book, to), "copy", "it is a copy", person, now)


def confirm_recipe(tx: Tenant, name: str, first_day: dt.date | None, person: User, now: dt.datetime) -> Confirmed:
    """Let the recipe that is suggested for an item count.

    It counts from `first_day` on; None: from today, or from the start if the item has no recipe.

    Raises:
        PermanentError: the item is unknown, it has no recipe at all, or recipes would contain each other.
    """
    tx.lock()
    today = _today(tx, now)
    book = read_book(tx, today)
    item = _item(tx, book, name)
    if item.suggestion is None:
        if item.counting is None:
            raise PermanentError(
                f"No recipe is suggested for {item.name!r}. Suggest one with `flux recipes suggest`, or upload it: "
                "`flux upload FILE --kind recipes`."
            )
        return Confirmed(item.name, item.counting.valid_from, changed=False)
    below = {each.id: book.made_of(each.counting) for each in book.items.values() if each.counting is not None}
    below[item.id] = book.made_of(item.suggestion)
    if path := next((path for path in find_cycles(below) if item.id in path), None):
        raise PermanentError(
            f"The recipes would contain each other: {' -> '.join(repr(book.names[each]) for each in path)}. "
            f"Reject the suggestion: flux recipes reject {item.name!r} --restaurant {tx.restaurant.slug}"
        )
    since = first_day or (None if item.counting is None and not item.later else today)
    values = {"status": "confirmed", "confirmed_at": now, "confirmed_by": person.email, "valid_from": since}
    _change(tx, [item.suggestion], **values)
    after = {"from": since and since.isoformat(), "by": person.email, "recipe": _texts(book, item.suggestion)}
    before = None if item.counting is None else {"recipe": _texts(book, item.counting)}
    note_act(tx, "recipes.confirm", item.name, before, after)
    return Confirmed(item.name, since, changed=True)


def reject_recipe(tx: Tenant, name: str, person: User, now: dt.datetime, *, confirmed: bool) -> Rejected:
    """End what is suggested for an item or, if `confirmed`, the recipe that counts. What counted stays on record.

    Raises:
        PermanentError: the item is unknown.
    """
    tx.lock()
    today = _today(tx, now)
    book = read_book(tx, today)
    item = _item(tx, book, name)
    ended = item.suggestion
    if confirmed:
        ended = item.counting or next(iter(item.later), None)
    if ended is not None:
        _end(tx, [ended], person, now)
        before = {"recipe": _texts(book, ended), "status": ended.status}
        note_act(tx, "recipes.reject", item.name, before, {"by": person.email})
        item = read_book(tx, today).items[item.id]
    taken_by = [
        other.name for other in book.items.values() if other.counting and item.id in book.made_of(other.counting)
    ]
    return Rejected(item.name, ended is not None, item.counting is not None, taken_by)


def _suggest(
    tx: Tenant,
    book: RecipeBook,
    other: BookItem,
    item: BookItem,
    source: str,
    reason: str,
    person: User,
    now: dt.datetime,
) -> Suggested:
    recipe = other.counting
    if recipe is None:
        raise PermanentError(f"{other.name!r} has no recipe that counts today. `flux recipes list` shows which have.")
    if other.id == item.id or _would_contain_itself(book, item, recipe):
        raise PermanentError(f"The recipe of {other.name!r} takes {item.name!r} itself, so it can't be its recipe.")
    before = item.suggestion
    if before is not None and before.says_the_same(recipe):
        return Suggested(item.name, other.name, reason, changed=False)
    if before is not None:
        _end(tx, [before], person, now)
    new = StoredRecipe(
        uuid.uuid4(),
        item.id,
        None,
        now,
        yield_quantity=recipe.yield_quantity,
        yield_unit=recipe.yield_unit,
        lines=list(recipe.lines),
    )
    write_recipes(tx, [new], None, source, None, now)
    after = {"like": other.name, "by": person.email, "recipe": _texts(book, new)}
    note_act(tx, f"recipes.{'copy' if source == 'copy' else 'suggest'}", item.name, after=after)
    return Suggested(item.name, other.name, reason, changed=True)


def _item(tx: Tenant, book: RecipeBook, name: str) -> BookItem:
    return book.items[book.home_of(find_item(tx, name).id)]


def _would_contain_itself(book: RecipeBook, item: BookItem, recipe: StoredRecipe) -> bool:
    """Return whether a recipe takes an item, at any depth."""
    waiting, seen = book.made_of(recipe), set[uuid.UUID]()
    while waiting:
        here = waiting.pop()
        if here == item.id:
            return True
        below = book.items.get(here)
        if here not in seen and below is not None and below.counting is not None:
            waiting += book.made_of(below.counting)
        seen.add(here)
    return False


def _dish(item: BookItem) -> Dish:
    return Dish(item.name, item.category, item.price)


def _texts(book: RecipeBook, recipe: StoredRecipe) -> list[str]:
    return [f"{plain(line.quantity)} {line.unit} {line.name}" for line in book.lines_of(recipe)]


def _end(tx: Tenant, recipes: Sequence[StoredRecipe], person: User, now: dt.datetime) -> None:
    _change(tx, recipes, status="rejected", rejected_at=now, rejected_by=person.email)


def _change(tx: Tenant, recipes: Sequence[StoredRecipe], **values: Any) -> None:
    own = RecipeVersion
    tx.connection.execute(update(own).where(own.id.in_([each.id for each in recipes])).values(**values))


def _today(tx: Tenant, now: dt.datetime) -> dt.date:
    return tx.restaurant.last_complete_business_day(now) + dt.timedelta(days=1)
