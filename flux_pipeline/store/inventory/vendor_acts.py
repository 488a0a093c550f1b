"""Acts on vendors: contacts and order days, changed by a person and logged. Listing vendors is here too.

Vendors come from files of prices and deliveries. This module does without pandas, so that the commands start quickly.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from sqlalchemy import collate, func, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.store.access.people import fold_email
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.purchases import Vendor, VendorPrice
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.wording import count_of, listed, shown_name

LONGEST_TEXT = 200
LONGEST_LEAD_TIME = 365
IN_FORCE = VendorPrice.superseded_at.is_(None)


class VendorTerms(NamedTuple):
    """A vendor's contact and days; `order_days` are from 0 for Monday, None for every day."""

    name: str
    contact_name: str | None
    email: str | None
    phone: str | None
    order_days: list[int] | None
    order_cut_off: dt.time | None
    lead_time_days: int | None
    closed_on: list[dt.date]
    ingredients: int


class SoldIngredient(NamedTuple):
    """An ingredient at a vendor's price: of a unit, or of a case of packs."""

    ingredient: str
    order_code: str | None
    unit_price: Decimal | None
    case_price: Decimal | None
    case_quantity: Decimal | None
    pack_quantity: Decimal | None
    unit: str
    lead_time_days: int | None
    valid_from: dt.date | None


@dataclass(frozen=True)
class KnownVendor:
    """A vendor by its id and the name that is stored."""

    id: uuid.UUID
    name: str


def list_vendors(tx: Tenant) -> list[VendorTerms]:
    """List the vendors by name, with how many ingredients each has a price of."""
    return [row for _, row in _vendors(tx)]


def show_vendor(tx: Tenant, name: str) -> tuple[VendorTerms, list[SoldIngredient]]:
    """Return a vendor and the prices in force of what it sells; raise PermanentError if the name is unknown."""
    vendor = find_vendor(tx, name)
    terms = next(row for id, row in _vendors(tx) if id == vendor.id)
    price = VendorPrice
    query = (
        select(Ingredient.name.label("ingredient"), *(getattr(price, name) for name in SoldIngredient._fields[1:]))
        .join(Ingredient, Ingredient.id == price.ingredient_id)
        .where(price.vendor_id == vendor.id, IN_FORCE)
        .order_by(collate(Ingredient.name, "C"), price.order_code, price.valid_from.nulls_first())
    )
    return terms, [SoldIngredient(**row) for row in tx.connection.execute(query).mappings()]


def find_vendor(tx: Tenant, name: str) -> KnownVendor:
    """Return the vendor of a name, upper and lower case alike.

    Raises:
        PermanentError: no vendor has that name; the message names similar ones.
    """
    rows = tx.connection.execute(select(Vendor.id, Vendor.name).order_by(Vendor.name))
    known = {fold_name(row.name): KnownVendor(row.id, row.name) for row in rows}
    wanted = fold_name(name)
    if wanted in known:
        return known[wanted]
    similar = [known[folded].name for folded in get_close_matches(wanted, known)]
    similar += [each.name for folded, each in known.items() if wanted and wanted in folded and each.name not in similar]
    meant = f" Did you mean {listed(similar[:3])}?" if similar else ""
    slug = tx.restaurant.slug
    raise PermanentError(
        f"{slug} has no vendor {shown_name(name)!r}.{meant} `flux vendors list --restaurant {slug}` shows them; a new "
        "one comes with a file of its prices or deliveries."
    )


def change_vendor(
    tx: Tenant,
    name: str,
    values: Mapping[str, Any],
    closed: Collection[dt.date] = (),
    opened: Collection[dt.date] = (),
) -> tuple[str, dict[str, Any]]:
    """Change a vendor and log it; return its former name and the values that are different now. Idempotent.

    Args:
        tx: the restaurant's transaction.
        name: the vendor.
        values: new values by column; None takes one away.
        closed: days on which it takes no orders, beside those that are noted.
        opened: days that are noted as closed and on which it takes orders after all.

    Raises:
        PermanentError: no vendor has that name, the new name is taken, or a value is not valid.
    """
    tx.lock()
    vendor = find_vendor(tx, name)
    new = {key: _checked(key, value) for key, value in values.items()}
    if "name" in new:
        _refuse_taken(tx, vendor, new["name"])
    before = _stored(tx, vendor.id)
    if both := sorted({*closed} & {*opened}):
        raise PermanentError(f"{both[0]} is both closed and open; expected one of the two.")
    new["closed_on"] = sorted({*before["closed_on"], *closed} - {*opened})
    changed = {key: value for key, value in new.items() if value != before[key]}
    if changed:
        tx.connection.execute(update(Vendor).where(Vendor.id == vendor.id).values(**changed))
        old = {key: before[key] for key in changed}
        note_act(tx, "vendors.set", vendor.name, as_json(old), as_json(changed))
    return vendor.name, changed


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a vendor's values as the audit log keeps them."""
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, dt.date) else value


def _checked(key: str, value: Any) -> Any:
    """Return a value as it is stored; raise PermanentError if it can't be one."""
    if value is None and key != "name":
        return None
    if key == "email":
        return fold_email(value)
    if key == "order_days":
        days = sorted({*value})
        return None if days == list(range(7)) else days
    if key == "lead_time_days":
        if not 0 <= value <= LONGEST_LEAD_TIME:
            raise PermanentError(
                f"The lead time is {count_of(value, 'day')}; expected the days from an order to its delivery, from 0 "
                f"to {LONGEST_LEAD_TIME}."
            )
        return value
    return value if key == "order_cut_off" else _text(key, value)


def _text(key: str, value: str) -> str:
    text = " ".join(value.split())
    if not text or len(text) > LONGEST_TEXT or not text.isprintable():
        raise PermanentError(
            f"The {key.replace('_', ' ')} is {shown_name(text[:40])!r}; expected 1 to {LONGEST_TEXT} printable "
            "characters."
        )
    return text


def _refuse_taken(tx: Tenant, vendor: KnownVendor, name: str) -> None:
    rows = tx.connection.execute(select(Vendor.id, Vendor.name)).all()
    taken = next((row.name for row in rows if fold_name(row.name) == fold_name(name) and row.id != vendor.id), None)
    if taken is not None:
        slug = tx.restaurant.slug
        raise PermanentError(
            f"{slug} has the vendor {taken!r} already. If both are one, merge them: "
            f"flux vendors merge {vendor.name!r} --into {taken!r} --restaurant {slug}"
        )


def _stored(tx: Tenant, vendor_id: uuid.UUID) -> dict[str, Any]:
    query = select(*(getattr(Vendor, name) for name in VendorTerms._fields[:-1])).where(Vendor.id == vendor_id)
    return {str(key): value for key, value in tx.connection.execute(query).mappings().one().items()}


def _vendors(tx: Tenant) -> list[tuple[uuid.UUID, VendorTerms]]:
    priced: dict[uuid.UUID, int] = defaultdict(int)
    prices = select(VendorPrice.vendor_id, func.count(VendorPrice.ingredient_id.distinct()).label("priced"))
    for row in tx.connection.execute(prices.where(IN_FORCE).group_by(VendorPrice.vendor_id)):
        priced[row.vendor_id] = row.priced
    columns = (getattr(Vendor, name) for name in VendorTerms._fields[:-1])
    query = select(Vendor.id, *columns).order_by(collate(Vendor.name, "C"))
    found = []
    for vendor in tx.connection.execute(query).mappings():
        values: dict[str, Any] = {str(key): value for key, value in vendor.items()}
        vendor_id = values.pop("id")
        found.append((vendor_id, VendorTerms(**values, ingredients=priced[vendor_id])))
    return found
