"""Earliest deliveries of what is not ordered yet, from the vendors that can be asked for it."""

import datetime as dt
import uuid
from collections.abc import Iterator

from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.alerts.facts import PossibleDelivery
from flux_pipeline.store.costs.facts import KnownKitchen
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.purchasing.offers import ASSUMED_LEAD_DAYS, Offers, calendar_of, read_offers

# A vendor that delivered within a quarter delivers again.
VENDOR_DAYS = 90
DELIVERED = """
SELECT DISTINCT l.ingredient_id, v.id AS vendor_id, v.name, v.order_days, v.order_cut_off, v.lead_time_days, v.closed_on
FROM deliveries AS d
INNER JOIN delivery_lines AS l ON l.delivery_id = d.id
INNER JOIN vendors AS v ON v.id = d.vendor_id
WHERE d.superseded_at IS NULL AND d.delivered_on > :after
"""


def earliest_deliveries(tx: Tenant, kitchen: KnownKitchen, moment: dt.datetime) -> dict[uuid.UUID, PossibleDelivery]:
    """Return the earliest delivery of each ingredient, if it is ordered in time.

    Its vendor has a price that orders can use, or delivered the ingredient within 90 days.

    Args:
        tx: the restaurant's transaction.
        kitchen: units and conversions.
        moment: on the restaurant's clock.
    """
    found: dict[uuid.UUID, PossibleDelivery] = {}
    offers = read_offers(tx, kitchen, moment)
    for ingredient, delivery in (*_offered(offers), *_delivered(tx, offers, moment)):
        before = found.get(ingredient)
        if before is None or (delivery.day, delivery.vendor) < (before.day, before.vendor):
            found[ingredient] = delivery
    return found


def _offered(offers: Offers) -> Iterator[tuple[uuid.UUID, PossibleDelivery]]:
    for ingredient, own in offers.made.items():
        for each in own:
            cut_off = each.terms.calendar.cut_off
            yield ingredient, PossibleDelivery(each.vendor_name, each.delivery_day, each.order_day, cut_off)


def _delivered(tx: Tenant, offers: Offers, moment: dt.datetime) -> Iterator[tuple[uuid.UUID, PossibleDelivery]]:
    """Yield what vendors could deliver that did so before, whether or not a price of them is known."""
    for row in tx.connection.execute(text(DELIVERED), {"after": moment.date() - dt.timedelta(days=VENDOR_DAYS)}):
        try:
            order_day = calendar_of(row).first_order_day(moment)
        except PermanentError:
            continue
        promised = offers.promised.get((row.vendor_id, row.ingredient_id), row.lead_time_days)
        lead_days = ASSUMED_LEAD_DAYS if promised is None else promised
        day = order_day + dt.timedelta(days=lead_days)
        yield row.ingredient_id, PossibleDelivery(row.name, day, order_day, row.order_cut_off)
