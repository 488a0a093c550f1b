"""Yields of ingredients as known at a moment, read from the prices of vendors."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import select

from flux_pipeline.costing.timeline import EVER
from flux_pipeline.costing.yields import PriceYield, yields_over_time
from flux_pipeline.store.costs.facts import Moment
from flux_pipeline.store.costs.known import known_then
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.purchases import Delivery, DeliveryLine, VendorPrice


def read_yields(tx: Tenant, moment: Moment) -> dict[uuid.UUID, list[tuple[dt.date, Decimal]]]:
    """Return the yields of each ingredient by the days on which they change; most ingredients have none."""
    prices = _prices(tx, moment)
    # Who delivered only matters where vendors differ.
    differing = {each for each, own in prices.items() if len({price.factor for price in own}) > 1}
    deliveries = _deliveries(tx, moment, differing) if differing else {}
    return {each: yields_over_time(own, deliveries.get(each, ())) for each, own in prices.items()}


def _prices(tx: Tenant, moment: Moment) -> dict[uuid.UUID, list[PriceYield]]:
    """Return the prices of the ingredients that have a yield, as those without one replace or contradict it."""
    price = VendorPrice
    with_yield = select(price.ingredient_id).where(price.yield_factor != 1)
    query = (
        select(
            price.ingredient_id,
            price.vendor_id,
            price.order_code,
            price.valid_from,
            price.yield_factor,
            price.known_at,
            price.superseded_at,
        )
        .where(price.ingredient_id.in_(with_yield))
        .order_by(price.known_at)
    )
    rows = known_then(
        tx.connection.execute(query),
        lambda row: (row.vendor_id, row.ingredient_id, row.order_code),
        moment.known_at,
        is_retrospective=moment.is_retrospective,
    )
    found: dict[uuid.UUID, list[PriceYield]] = defaultdict(list)
    for row in rows:
        own = PriceYield(row.vendor_id, row.order_code, row.valid_from or EVER, row.yield_factor)
        found[row.ingredient_id].append(own)
    return found


def _deliveries(
    tx: Tenant, moment: Moment, ingredients: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[dt.date, uuid.UUID]]]:
    line = DeliveryLine
    query = (
        select(line.ingredient_id, Delivery.delivered_on, Delivery.vendor_id, Delivery.known_at, Delivery.superseded_at)
        .join(Delivery, Delivery.id == line.delivery_id)
        .where(line.ingredient_id.in_(ingredients), Delivery.vendor_id.is_not(None))
        .where(Delivery.delivered_on <= moment.as_of)
    )
    rows = known_then(
        tx.connection.execute(query),
        lambda row: (row.vendor_id, row.ingredient_id),
        moment.known_at,
        is_retrospective=moment.is_retrospective,
    )
    found: dict[uuid.UUID, list[tuple[dt.date, uuid.UUID]]] = defaultdict(list)
    for row in rows:
        found[row.ingredient_id].append((row.delivered_on, row.vendor_id))
    return found
