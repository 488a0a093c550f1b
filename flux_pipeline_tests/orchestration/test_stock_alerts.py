"""Alerts about stock, night by night: one for each cause as long as it lasts, and what Dagster gets to see of them."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import text

from flux_pipeline.records.alerts import Alert, AlertStatus, Channel
from flux_pipeline.store.door import Store
from flux_pipeline.store.inventory.alerts import open_stock_alerts, sync_stock_alerts
from flux_pipeline.store.inventory.proofs import stock_sums
from flux_pipeline.store.records.alerts import due_alerts, list_alerts
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import at, day
from flux_pipeline_tests.orchestration.test_ledger import DELIVERY, INGREDIENTS, RECIPES, Stock
from flux_pipeline_tests.store.commands import output_of

RUN = "(SELECT id FROM algorithm_runs LIMIT 1)"
FORECAST = f"""
INSERT INTO stock_depletion_forecasts (restaurant_id, ingredient_id, as_of, algorithm_run_id, on_hand, short, on_order,
    daily_consumption, depletion_probability, confidence, depleted_on_p10, depleted_on_p50, expiring)
SELECT restaurant_id, id, :as_of, {RUN}, 1, 0, 0, 1, 1, 1, :p10, :p50, CAST(:expiring AS jsonb) FROM ingredients
WHERE name = 'Onions'
"""
ACCURACY = f"""
INSERT INTO forecast_accuracy (restaurant_id, forecast_date, days_ahead, actual_quantity, predicted_quantity,
    p10_quantity, p50_quantity, p90_quantity, p99_quantity, absolute_error, error, pinball_loss, is_within_p10_p90,
    is_within_p99, four_week_quantity, four_week_absolute_error, four_week_pinball_loss, model_name,
    is_retrospective, algorithm_run_id)
SELECT :restaurant, day, 1, 10, 15, 10, 15, 20, 30, 5, 5, 1, true, true, 10, 0, 0, 'model', false, {RUN}
FROM generate_series(CAST('2026-02-01' AS date), '2026-02-20', '1 day') AS day
"""


class Nights(Stock):
    """The bistro's stock, with the alerts of each night."""

    def look(self, number: int) -> list[Alert]:
        """Bring the alerts up to date in the night after a day of March, and return those that are not over."""
        with self.store.tenant(self.restaurant) as tx:
            sync_stock_alerts(tx, at(number + 1, hour=5))
        return self.alerts()

    def alerts(self, *, with_closed: bool = False) -> list[Alert]:
        with self.store.fleet() as fleet:
            return list_alerts(fleet, slug="bistro", with_closed=with_closed)

    def foresee(self, number: int, p10: int, p50: int, expiring: list[dict[str, Any]]) -> None:
        """Publish, as of a day, when the onions run out and what spoils of them."""
        given = {"as_of": day(number), "p10": day(p10), "p50": day(p50), "expiring": json.dumps(expiring)}
        with self.store.tenant(self.restaurant) as tx:
            tx.connection.execute(text(FORECAST), given)

    def write(self, statement: str) -> None:
        with self.store.tenant(self.restaurant) as tx:
            tx.connection.execute(text(statement), {"restaurant": self.restaurant.id})


def begin(store: Store) -> None:
    """A soup of half a kilo of onions and a decilitre of cream, ten a day, of which 20 kg and 2.5 l were delivered."""
    found = Nights(store, store.restaurant("bistro"))
    found.sell("".join(f"2026-03-{number:02},Soup,10,60.00\n" for number in range(1, 5)))
    found.file("ingredients", INGREDIENTS, at(1))
    found.file("recipes", RECIPES, at(1))
    found.file("deliveries", f"{DELIVERY}2026-03-03,Mill,1,Onions,20,kg,2,\n2026-03-03,Mill,1,Cream,2.5,l,4,\n", at(3))
    found.count("Cream", "0.5", 4)
    found.count("Onions", "8", 4)
    found.book(4)


BEGINNINGS = {"stock": begin}


@pytest.fixture
def stock(store: Store, bistro: Restaurant) -> Nights:
    """The stock of `begin`."""
    return Nights(store, bistro)


def kinds(alerts: list[Alert]) -> list[tuple[str, str, str]]:
    return sorted((each.kind, each.about, each.severity) for each in alerts)


def test_thirty_nights_with_a_cause_are_one_alert_until_it_is_gone(
    store: Store, stock: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stock.look(4) == []
    stock.write("UPDATE ingredients SET reorder_threshold = 8 WHERE name = 'Onions'")
    (first,) = stock.look(4)
    assert first.message == ("8 kg of Onions are in stock, and the reorder threshold is 8 kg. Order today from Mill.")
    monkeypatch.setenv("FLUX_ACTOR", "maria")
    output_of("alerts", "acknowledge", first.short_id)
    for night in range(30):
        with store.tenant(stock.restaurant) as tx:
            sync_stock_alerts(tx, at(5, hour=5) + dt.timedelta(days=night))
    # The cream has expired since.
    onions = [each for each in stock.alerts(with_closed=True) if each.about == "Onions"]
    assert [(each.id, each.status) for each in onions] == [(first.id, AlertStatus.ACKNOWLEDGED)]
    stock.count("Onions", "9", 5)
    stock.book(5)
    assert [each for each in stock.look(5) if each.about == "Onions"] == []
    stock.write("UPDATE ingredients SET reorder_threshold = 10 WHERE name = 'Onions'")
    (again,) = stock.look(5)
    assert (again.id != first.id, again.status) == (True, AlertStatus.OPEN)


def test_every_kind_of_cause_is_found_in_the_tables_and_sent_only_if_the_restaurant_wants_that(
    store: Store, stock: Nights
) -> None:
    stock.write("UPDATE ingredients SET reorder_threshold = 1 WHERE name = 'Cream'")
    lot = {"lot": "", "expires_on": "2026-03-06", "quantity": 8, "expected_left": 2.5, "probability": 0.9}
    stock.foresee(4, 5, 5, [lot])
    stock.write("UPDATE vendors SET lead_time_days = 2, order_cut_off = '16:00' WHERE name = 'Mill'")
    stock.file("ingredients", "name,unit,unit_cost\nSalt,kg,1.00\n", at(3))
    stock.file("ingredients", "name,unit,unit_cost\nSalt,kg,1.50\n", at(4))
    stock.write(ACCURACY)
    stock.write(
        "INSERT INTO inventory_shortfalls (restaurant_id, ingredient_id, quantity, short_since) "
        "SELECT restaurant_id, id, 2, '2026-03-04' FROM ingredients WHERE name = 'Salt'"
    )
    found = stock.look(4)
    assert kinds(found) == [
        ("cost_jump", "Salt", "warning"),
        ("depletion_before_delivery", "Onions", "critical"),
        ("expiry", "Onions", "warning"),
        ("forecast_drift", "demand", "warning"),
        ("low_stock", "Cream", "warning"),
        ("shortfall", "Salt", "warning"),
    ]
    depletion = next(each.message for each in found if each.kind == "depletion_before_delivery")
    assert depletion == (
        "8 kg of Onions are expected to last until Thu 5 Mar, 2 days before the earliest delivery on Sat 7 Mar. Order "
        "today by 16:00 from Mill, and buy what is needed until then elsewhere."
    )
    with store.tenant(stock.restaurant) as tx:
        proof = open_stock_alerts(tx)
        assert not stock_sums(tx).passed, "the shortfall has no movements"
    assert proof.message == (
        "6 alerts about stock are open, 1 of them critical. `flux alerts list --restaurant bistro` says what to do."
    )
    worst = str(proof.looked_at["worst"]).splitlines()
    assert worst[0].startswith("critical: depletion_before_delivery, ") and len(worst) == 6
    assert not [name for name in ("Onions", "Cream", "Salt", "8 kg") if name in str(proof.as_metadata())]
    with store.fleet() as fleet:
        assert due_alerts(fleet, tuple(Channel)) == []
    # Forecasts of the day before yesterday say nothing about today: what follows from them stays as it is.
    assert {"depletion_before_delivery", "expiry"} <= {each.kind for each in stock.look(5)}
    stock.foresee(6, 20, 20, [])
    with store.tenant(stock.restaurant) as tx:
        store_setting(tx, "alert_stock_sent", True)
    stock.write("UPDATE ingredients SET reorder_threshold = 9 WHERE name = 'Onions'")
    assert ("low_stock", "Onions", "warning") in kinds(stock.look(6))
    with store.fleet() as fleet:
        assert [(each.kind, each.about) for each in due_alerts(fleet, tuple(Channel))] == [("low_stock", "Onions")]


def test_only_a_vendor_whose_price_orders_can_use_or_that_delivered_is_named(stock: Nights) -> None:
    stock.write("UPDATE ingredients SET reorder_threshold = 8 WHERE name = 'Onions'")
    stock.write("UPDATE vendors SET lead_time_days = 2")
    head = "vendor,ingredient,unit_price,unit,lead_time_days\n"
    stock.file("vendor_prices", f"{head}Fields,Onions,1.00,bunch,1\n", at(3))
    (alert,) = stock.look(4)
    assert alert.message.endswith("Order today from Mill.")
    stock.write("UPDATE deliveries SET superseded_at = now()")
    (alert,) = stock.look(4)
    assert alert.message.endswith("Order it; no vendor has a usable price of it.")
    bunches = "ingredient,from_quantity,from_unit,to_quantity,to_unit\nOnions,1,bunch,0.5,kg\n"
    stock.file("unit_conversions", bunches, at(3))
    (alert,) = stock.look(4)
    assert alert.message.endswith("Order today from Fields.")


def test_a_balance_that_is_not_the_sum_of_its_movements_is_found(store: Store, stock: Nights) -> None:
    with store.tenant(stock.restaurant) as tx:
        proof = stock_sums(tx)
        assert proof.passed and proof.looked_at["lots"] == 2
        tx.connection.execute(text("UPDATE inventory SET quantity_on_hand = 7.5 WHERE quantity_on_hand = 8"))
        changed = stock_sums(tx)
        assert changed.looked_at["lots_that_differ"] == 1
        assert changed.message.startswith("The stock of 1 of 2 ingredients is not the sum of the movements, in 1 lot,")
    with store.tenant(stock.restaurant) as tx:
        tx.connection.execute(text("DELETE FROM inventory"))
        assert stock_sums(tx).looked_at["lots_that_differ"] == 2
    # A count writes the stock again.
    stock.count("Cream", "1", 5)
    stock.count("Onions", "9", 5)
    stock.book(5)
    with store.tenant(stock.restaurant) as tx:
        assert stock_sums(tx).passed
