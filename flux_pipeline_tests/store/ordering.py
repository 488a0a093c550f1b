"""Vendors with what a run recommends to order from them, written as rows."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from flux_pipeline.store.door import Store
from flux_pipeline.store.models.kitchen.orders import PurchaseRecommendation
from flux_pipeline.store.models.kitchen.purchases import Vendor
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.records import AlgorithmRun
from flux_pipeline.store.restaurant import Restaurant

AS_OF = dt.date(2026, 3, 1)
ORDER_DAY = AS_OF + dt.timedelta(days=1)
WHY = "packs are whole"
LATER = AS_OF + dt.timedelta(days=4)


def outcome(packs: int, pack: int) -> dict[str, float]:
    """What a quantity leads to: less lacks and more spoils, the more is ordered."""
    short = max(3 - packs, 0) * 2.0
    costs = {"shortage_cost": 3 * short, "spoilage_cost": 1.5 * packs, "holding_cost": 0.25}
    return {"quantity": float(packs * pack), "shortage_quantity": short, "spoiled_quantity": packs * 1.0, **costs}


def recommended(packs: int, pack: int, price: str, **values: Any) -> dict[str, Any]:
    """The values of a recommended line."""
    steps = {"one_pack_less": packs - 1, "this": packs, "one_pack_more": packs + 1}
    return {
        "as_of": AS_OF,
        "order_day": ORDER_DAY,
        "delivery_day": ORDER_DAY + dt.timedelta(days=1),
        "next_delivery_day": LATER,
        "packs": packs,
        "pack_quantity": pack,
        "quantity": packs * pack,
        "unit_price": Decimal(price),
        "amount": packs * pack * Decimal(price),
        "on_hand": 4,
        "on_order": 0,
        "expected_demand": 70.5,
        "needed_quantity": 60.0,
        "covered_share": 0.96,
        "unavoidable_shortage": 0.0,
        "outcomes": {name: outcome(number, pack) for name, number in steps.items()},
        "decided_by_rule": "pack",
        "reason": f"{packs} packs are enough until the delivery of Thu 5 Mar with a probability of 96%; {WHY}.",
        **values,
    }


def write_orders(store: Store, restaurant: Restaurant) -> dict[str, uuid.UUID]:
    """Three lines of Mill & Co, one of them on a later day, and one of a vendor whose name is a formula."""
    ids: dict[str, uuid.UUID] = {}
    ours = {"restaurant_id": restaurant.id}
    cut_off = dt.datetime(2026, 3, 2, 13, tzinfo=dt.UTC)
    with store.tenant(restaurant) as tx:
        run = uuid.uuid4()
        row = ours | {"id": run, "algorithm": "purchase_recommendations", "version": "1", "as_of": AS_OF}
        tx.connection.execute(insert(AlgorithmRun).values(row))
        vendors = {"Mill & Co": uuid.uuid4(), "=Dairy <b>": uuid.uuid4()}
        for name, vendor_id in vendors.items():
            contact = {"contact_name": "Ada Lund", "email": "orders@mill.example", "phone": "+49 431 1234"}
            tx.connection.execute(insert(Vendor).values(ours | {"id": vendor_id, "name": name} | contact))
        lines = (
            ("Flour", "kg", "Mill & Co", recommended(3, 25, "0.96", order_code="DG-550", order_by=cut_off)),
            ("Oats", "kg", "Mill & Co", recommended(1, 10, "1.2", order_by=cut_off)),
            ("Rye", "kg", "Mill & Co", recommended(2, 5, "1.1", order_day=LATER, delivery_day=LATER)),
            ("=Milk & more", "l", "=Dairy <b>", recommended(2, 12, "0.9")),
        )
        for name, unit, vendor, values in lines:
            ingredient, ids[name] = uuid.uuid4(), uuid.uuid4()
            tx.connection.execute(insert(Ingredient).values(ours | {"id": ingredient, "name": name, "unit": unit}))
            keys = {"id": ids[name], "ingredient_id": ingredient, "vendor_id": vendors[vendor], "algorithm_run_id": run}
            tx.connection.execute(insert(PurchaseRecommendation).values(ours | keys | values))
    return ids
