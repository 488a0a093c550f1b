"""Promotions: announced, corrected, retracted, and read as known at a moment."""

import datetime as dt
from dataclasses import asdict, dataclass
from decimal import Decimal

import pandas as pd

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.menu.items import find_item
from flux_pipeline.store.models.known import Promotion
from flux_pipeline.store.records.acts import Outcome, note_act
from flux_pipeline.store.schema.tables import read_select

PROMOTIONS = Versioned(Promotion, ("menu_item_id", "starts_on"), ("ends_on", "discount", "discount_amount"))


def promotion_days(tx: Tenant, first_day: dt.date, last_day: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """Return the days in a promotion, first and last included, as known at `known_at`: item (id), date, each once."""
    parameters = {"first_day": first_day, "last_day": last_day, "known_at": known_at}
    frame = read_select(tx, "promotion_days", parameters)
    return frame.assign(item=frame["item"].astype(str), date=pd.to_datetime(frame.date))


@dataclass(frozen=True)
class Offer:
    """A promotion as a person announces it.

    Attributes:
        item: its name.
        starts_on, ends_on: the first and the last day.
        discount: the share that is taken off, or None.
        discount_amount: the money that is taken off, or None.
        off: the one of both that is given, as it was typed.
    """

    item: str
    starts_on: dt.date
    ends_on: dt.date
    discount: Decimal | None
    discount_amount: Decimal | None
    off: str


def add_promotion(tx: Tenant, offer: Offer, at: dt.datetime) -> Outcome:
    """Announce a promotion, or correct the one of this item and first day from `at` on, and note the act."""
    tx.lock()
    item = find_item(tx, offer.item)
    row = pd.DataFrame([{"menu_item_id": item.id, **asdict(offer), "known_at": None}])
    changed = bool(PROMOTIONS.note(tx.connection, row, at, restaurant_id=tx.restaurant.id, source="by hand"))
    if changed:
        after = {"ends_on": str(offer.ends_on), "off": offer.off}
        note_act(tx, "promotions.add", f"{item.name} {offer.starts_on}", after=after)
    return Outcome(item.name, changed)


def remove_promotion(tx: Tenant, item: str, starts_on: dt.date, at: dt.datetime) -> Outcome:
    """Retract a promotion from `at` on and note the act. What was known until then stays on record."""
    tx.lock()
    found = find_item(tx, item)
    removed = PROMOTIONS.retract(tx.connection, at, menu_item_id=found.id, starts_on=starts_on)
    for known in removed:
        before = {name: str(known[name]) for name in PROMOTIONS.values if known[name] is not None}
        note_act(tx, "promotions.remove", f"{found.name} {starts_on}", before)
    return Outcome(found.name, bool(removed))
