"""Acts on waste: a person notes what was thrown away, or takes such a note back."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Text, cast, func, insert, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.units import find_unit, plain
from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.costs.current import asked_day, kitchen_asked, today_of
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.waste._subjects import Subjects
from flux_pipeline.store.kitchen.ingredients import known_ingredients
from flux_pipeline.store.known.versions import MICROSECOND
from flux_pipeline.store.menu.items import known_items, names_of_items
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.kitchen.stock import WASTE_REASONS, WasteRecord
from flux_pipeline.store.records.acts import Outcome, note_act

# The places and the size of the column.
PLACES, MOST = Decimal("0.000001"), Decimal(10) ** 10
LEAST_CHARACTERS = 4
# What makes two notes equal, beside their number.
KEY = ("ingredient_id", "menu_item_id", "wasted_on", "wasted_at", "quantity", "unit", "reason", "lot")


@dataclass(frozen=True)
class Waste:
    """What was thrown away, as a person says it; the day is the business day that is under way if it is None."""

    item: str
    quantity: str
    unit: str
    reason: str
    day: dt.date | None = None
    lot: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class AddedWaste:
    """A note of waste: its id, what it says, and how many equal ones there are now."""

    id: uuid.UUID
    subject: str
    quantity: Decimal
    unit: str
    day: dt.date
    occurrence: int


@dataclass(frozen=True)
class _Subject:
    """What was thrown away: an ingredient or an item."""

    name: str
    ingredient_id: uuid.UUID | None = None
    menu_item_id: uuid.UUID | None = None


def add_waste(tx: Tenant, waste: Waste, at: dt.datetime) -> AddedWaste:
    """Store what was thrown away and note the act. Two equal notes are two plates, so each call adds one.

    Raises:
        PermanentError: the name, unit, quantity, reason or day is none, or the unit doesn't lead to stock; the message
            says what to enter.
    """
    tx.lock()
    day = _day(tx, waste.day, at)
    quantity, unit, subject = _quantity(waste.quantity), find_unit(waste.unit), _find_subject(tx, waste.item)
    if waste.reason not in WASTE_REASONS:
        raise PermanentError(f"{waste.reason!r} is not a reason; expected one of: {', '.join(WASTE_REASONS)}.")
    subjects = Subjects(tx, kitchen_asked(tx, asked_day(tx, day, None, at)))
    taken = subjects.taken(subject.ingredient_id, subject.menu_item_id, quantity, unit, day)
    if taken.refusals:
        raise PermanentError(" ".join(taken.refusals))
    row = {
        "ingredient_id": subject.ingredient_id,
        "menu_item_id": subject.menu_item_id,
        "wasted_on": day,
        "wasted_at": None,
        "quantity": quantity,
        "unit": unit.name,
        "reason": waste.reason,
        "lot": _text(waste.lot),
    }
    number = _free_number(tx, row)
    ours = {"restaurant_id": tx.restaurant.id, "note": _text(waste.note), "known_at": at, "occurrence": number}
    key = tx.connection.scalar(insert(WasteRecord).values(**row, **ours).returning(WasteRecord.id))
    assert key is not None
    words = f"{plain(quantity)} {unit.name}"
    after = {"quantity": words, "reason": waste.reason, "lot": row["lot"], "occurrence": number}
    note_act(tx, "waste.add", f"{subject.name} {day}", after=after)
    return AddedWaste(key, subject.name, quantity, unit.name, day, _equal(tx, row))


def remove_waste(tx: Tenant, prefix: str, at: dt.datetime) -> Outcome:
    """Retract the waste whose id begins with `prefix` and note the act; what was known until then stays on record.

    Raises:
        PermanentError: no row, or more than one, has such an id.
    """
    tx.lock()
    found = _find(tx, prefix)
    name = _name_of(tx, found)
    words = f"{plain(found.quantity)} {found.unit} of {name} on {found.wasted_on}"
    if found.superseded_at is not None:
        return Outcome(words, changed=False)
    ended = func.greatest(at, WasteRecord.known_at + MICROSECOND)
    tx.connection.execute(update(WasteRecord).where(WasteRecord.id == found.id).values(superseded_at=ended))
    before = {"quantity": f"{plain(found.quantity)} {found.unit}", "reason": found.reason, "lot": found.lot}
    note_act(tx, "waste.remove", f"{name} {found.wasted_on}", before=before)
    return Outcome(words, changed=True)


def _day(tx: Tenant, day: dt.date | None, at: dt.datetime) -> dt.date:
    today = today_of(tx, at)
    if day is not None and day > today:
        raise PermanentError(f"{day} is in the future; expected {today} or an earlier day.")
    return day or today


def _find_subject(tx: Tenant, name: str) -> _Subject:
    """Find what a name means; one of both an ingredient and an item is that of the ingredient.

    Raises:
        PermanentError: it means nothing; the message suggests one that is spelled nearly like it.
    """
    alias, ingredients, items = fold_name(name), known_ingredients(tx), known_items(tx)
    names = names_of_items(tx)
    if alias in ingredients:
        return _Subject(ingredients[alias].name, ingredient_id=ingredients[alias].id)
    if alias in items:
        return _Subject(names[items[alias]], menu_item_id=items[alias])
    spelled = {each: names[item] for each, item in items.items()}
    spelled |= {each: known.name for each, known in ingredients.items()}
    near = near_duplicates([alias], spelled)
    meant = f" Did you mean {spelled[near[0].known]!r}?" if near else ""
    slug = tx.restaurant.slug
    raise PermanentError(
        f"No ingredient and no item of {slug} is called {name!r}.{meant} `flux ingredients list --restaurant {slug}` "
        f"and `flux menu items --restaurant {slug}` show them."
    )


def _quantity(text: str) -> Decimal:
    try:
        quantity = Decimal(text.strip()).quantize(PLACES)
    except ArithmeticError:
        raise PermanentError(f"{text!r} is not a quantity; expected a number like 1.5.") from None
    if not 0 < quantity < MOST:
        raise PermanentError(f"The quantity is {text}; expected a number above 0 and below {MOST:,.0f}.")
    return quantity


def _text(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None


def _free_number(tx: Tenant, row: dict[str, Any]) -> int:
    """Return the first number that no current row has that is equal otherwise."""
    own = WasteRecord
    same = (getattr(own, name).is_not_distinct_from(row[name]) for name in KEY)
    taken = set(tx.connection.scalars(select(own.occurrence).where(own.superseded_at.is_(None), *same)))
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _equal(tx: Tenant, row: dict[str, Any]) -> int:
    own = WasteRecord
    same = (getattr(own, name).is_not_distinct_from(row[name]) for name in KEY)
    return tx.connection.scalar(select(func.count()).where(own.superseded_at.is_(None), *same)) or 0


def _find(tx: Tenant, prefix: str) -> Any:
    start = prefix.strip().lower()
    see = f"`flux waste list --restaurant {tx.restaurant.slug}` shows the ids."
    if len(start) < LEAST_CHARACTERS or not set(start) <= set("0123456789abcdef-"):
        raise PermanentError(
            f"{prefix!r} can't be the id of a row; expected at least {LEAST_CHARACTERS} of its characters. {see}"
        )
    rows = tx.connection.execute(
        select(WasteRecord.__table__).where(cast(WasteRecord.id, Text).startswith(start))
    ).all()
    if len(rows) != 1:
        raise PermanentError(
            f"{'More than one row' if rows else 'No row'} has an id that begins with {prefix!r}. {see}"
        )
    return rows[0]


def _name_of(tx: Tenant, row: Any) -> str:
    if row.ingredient_id is None:
        return names_of_items(tx)[row.menu_item_id]
    return str(tx.connection.scalar(select(Ingredient.name).where(Ingredient.id == row.ingredient_id)))
