"""Promotions, in and out: what is known of them changes, and what was known before stays on record."""

import datetime as dt
import uuid
from typing import Any

import pandas as pd
from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.known import Promotion
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.schema.tables import read_select

KEPT = ["item", "starts_on", "ends_on", "discount", "discount_amount", "known_at"]
PROMOTIONS = Versioned(Promotion, ("menu_item_id", "starts_on"), ("ends_on", "discount", "discount_amount"))


def promotion_days(tx: Tenant, first_day: dt.date, last_day: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """The days in a promotion from `first_day` to `last_day`, as known at `known_at`: item (id), date, each once."""
    parameters = {"first_day": first_day, "last_day": last_day, "known_at": known_at}
    frame = read_select(tx, "promotion_days", parameters)
    return frame.assign(item=frame["item"].astype(str), date=pd.to_datetime(frame.date))


def list_promotions(tx: Tenant) -> pd.DataFrame:
    """The promotions that stand, newest first: item (name), starts_on, ends_on, discount, discount_amount, known_at,
    has_sold (whether the item ever did)."""
    query = (
        select(
            MenuItem.name,
            Promotion.starts_on,
            Promotion.ends_on,
            Promotion.discount,
            Promotion.discount_amount,
            Promotion.known_at,
            MenuItem.first_sold_on.is_not(None),
        )
        .join(MenuItem, MenuItem.id == Promotion.menu_item_id)
        .where(PROMOTIONS.current)
        .order_by(Promotion.starts_on.desc(), MenuItem.name)
    )
    return pd.DataFrame(tx.connection.execute(query).all(), columns=[*KEPT, "has_sold"])


def add_promotions(tx: Tenant, promotions: pd.DataFrame, received_at: dt.datetime, source: str) -> int:
    """Note promotions (menu_item_id and a file's columns; one row for each key); see `Versioned.note`."""
    here = {"restaurant_id": tx.restaurant.id, "source": source}
    return PROMOTIONS.note(tx.connection, promotions, received_at, **here)


def remove_promotion(tx: Tenant, item_id: uuid.UUID, starts_on: dt.date, at: dt.datetime) -> dict[str, Any] | None:
    """Take a promotion back from `at` on; what stood as JSON, None where none did. What was known until then stays."""
    for known in PROMOTIONS.retract(tx.connection, at, menu_item_id=item_id, starts_on=starts_on):
        return {name: str(known[name]) for name in PROMOTIONS.values if known[name] is not None}
    return None
