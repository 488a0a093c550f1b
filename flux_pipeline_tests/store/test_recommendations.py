"""Recommended orders in the database: whatever the stock, offers and decisions are, nothing is ordered twice."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from flux_pipeline.inventory.lots import Lot, Stock
from flux_pipeline.inventory.purchasing.plan import Offer, Purchase, StockedIngredient, offers_beside, plan_purchases
from flux_pipeline.inventory.purchasing.receipts import on_order, settle_orders
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.inventory.purchasing.received import placed_orders
from flux_pipeline.store.inventory.purchasing.recommendations import replace_recommendations
from flux_pipeline.store.restaurant import Restaurant

VENDORS = {"Fields": uuid.UUID(int=1), "Mill": uuid.UUID(int=2)}
ONIONS = uuid.UUID(int=3)
FIRST = dt.date(2026, 3, 16)
LEADS = st.sampled_from([LeadTime.of(1), LeadTime.of(3), LeadTime((0.0, 0.6, 0.3, 0.1))])
TERMS = st.builds(
    VendorTerms,
    pack_quantity=st.sampled_from([Decimal(1), Decimal("4.535924"), Decimal(25)]),
    unit_price=st.sampled_from([Decimal("0.8"), Decimal(2), Decimal("2.123456")]),
    lead_time=LEADS,
    calendar=st.builds(VendorCalendar, st.sampled_from([frozenset(range(7)), frozenset({0, 3})])),
    minimum_quantity=st.sampled_from([Decimal(0), Decimal(30)]),
)
RULES = st.builds(
    IngredientRules,
    st.just("kg"),
    shelf_life_days=st.sampled_from([None, 2, 6]),
    par_level=st.sampled_from([None, Decimal(40)]),
)


@dataclass(frozen=True)
class House:
    """A house with one ingredient: how it is sold, what is in stock, and the mean of its use."""

    rules: IngredientRules
    terms: tuple[VendorTerms, ...]
    on_hand: int
    use: int

    def purchases(self, tx: Tenant, first_day: dt.date) -> list[Purchase]:
        """What a run at the beginning of a day plans, with what is open in the database."""
        offers = tuple(
            Offer(
                vendor, name, None, terms.calendar.next_order_day(first_day - dt.timedelta(days=1)), terms, Decimal(9)
            )
            for (name, vendor), terms in zip(VENDORS.items(), self.terms, strict=False)
        )
        receipts = settle_orders([each.placed for each in placed_orders(tx)], [], first_day, overdue_days=7)
        leads = dict.fromkeys(VENDORS.values(), LeadTime.of(1)) | {each.vendor: each.terms.lead_time for each in offers}
        coming = on_order(receipts, leads, self.rules.shelf_life_days, Decimal(0), first_day)
        stock = Stock((Lot(Decimal(self.on_hand)),) if self.on_hand else (), coming)
        beside = offers_beside(offers, receipts, first_day)
        item = StockedIngredient(str(ONIONS), self.rules, stock, offers=beside)
        sold = np.random.default_rng(1).poisson(self.use, (60, 14, 1))
        totals = [{"soup": {str(ONIONS): Decimal(1)}}] * 14
        return list(plan_purchases(sold, ["soup"], totals, first_day, [item], InventorySettings()).purchases)


HOUSES = st.builds(House, RULES, st.lists(TERMS, max_size=2).map(tuple), st.integers(0, 60), st.integers(0, 12))
DECISIONS = st.sampled_from(["nothing", "approve", "cancel"])


def run(tx: Tenant, purchases: Iterable[Purchase], first_day: dt.date) -> Any:
    now = dt.datetime.combine(first_day, dt.time(5), dt.UTC)
    return replace_recommendations(tx, list(purchases), first_day - dt.timedelta(days=1), now, uuid.UUID(int=4))


def rows(tx: Tenant, status: str) -> list[Any]:
    query = "SELECT * FROM purchase_recommendations WHERE status = :status ORDER BY id"
    return list(tx.connection.execute(text(query), {"status": status}).all())


def prepare(tx: Tenant) -> None:
    ours: dict[str, Any] = {"restaurant": tx.restaurant.id}
    for name, vendor in VENDORS.items():
        insert = text("INSERT INTO vendors (restaurant_id, id, name) VALUES (:restaurant, :id, :name)")
        tx.connection.execute(insert, {**ours, "id": vendor, "name": name})
    insert = text("INSERT INTO ingredients (restaurant_id, id, name, unit) VALUES (:restaurant, :id, 'Onions', 'kg')")
    tx.connection.execute(insert, {**ours, "id": ONIONS})
    insert = text(
        "INSERT INTO algorithm_runs (restaurant_id, id, algorithm, version, as_of, input_params, status) "
        "VALUES (:restaurant, :id, 'purchase_recommendations', '1', '2026-03-15', '{}', 'running')"
    )
    tx.connection.execute(insert, {**ours, "id": uuid.UUID(int=4)})


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.tuples(HOUSES, DECISIONS), min_size=1, max_size=4))
def test_a_run_repeats_nothing_and_touches_no_decision(
    store: Store, bistro: Restaurant, nights: list[tuple[House, str]]
) -> None:
    with store.rehearsal(bistro) as tx:
        prepare(tx)
        for number, (house, decision) in enumerate(nights):
            first_day = FIRST + dt.timedelta(days=number)
            decided = rows(tx, "approved"), rows(tx, "received")
            purchases = house.purchases(tx, first_day)
            run(tx, purchases, first_day)
            recommended = rows(tx, "recommended")
            assert (rows(tx, "approved"), rows(tx, "received")) == decided
            assert len(recommended) == sum(each.order is not None for each in purchases)
            assert all(row.quantity == row.packs * row.pack_quantity > 0 for row in recommended)
            # The same run once more writes nothing.
            assert run(tx, house.purchases(tx, first_day), first_day).changed == 0
            assert rows(tx, "recommended") == recommended
            if decision != "nothing":
                status = "'approved'" if decision == "approve" else "'cancelled', cancelled_because = 'enough'"
                tx.connection.execute(
                    text(
                        f"UPDATE purchase_recommendations SET status = {status}, decided_by = 'ana' "
                        "WHERE status = 'recommended'"
                    )
                )
            if decision == "approve":
                # What is on order now covers what was recommended.
                run(tx, house.purchases(tx, first_day), first_day)
                assert rows(tx, "recommended") == []
