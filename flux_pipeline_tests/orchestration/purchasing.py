"""A kitchen that orders: forecasts that are the same in every sample, its ledger, and the nightly purchases on them."""

import datetime as dt
import json
from typing import Any

from sqlalchemy import text

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.orchestration.algorithm import Published
from flux_pipeline.orchestration.assets.inventory import LEDGER
from flux_pipeline.orchestration.assets.purchases import PURCHASES
from flux_pipeline_tests.orchestration.costing import Kitchen, at, day

DAYS, DRAWS = 14, 200
DELIVERY = "delivered_on,vendor,document,ingredient,quantity,unit,unit_cost\n"
RUN = """
INSERT INTO algorithm_runs (restaurant_id, algorithm, version, as_of, input_params, status)
VALUES (:restaurant, 'demand_forecast', '1', :as_of, '{}', 'succeeded') RETURNING id
"""
POSTERIOR = """
INSERT INTO demand_posteriors (restaurant_id, as_of, state, seed, draws, algorithm_run_id)
VALUES (:restaurant, :as_of, CAST(:state AS jsonb), 1, :draws, :run)
"""
ORDERS = """
SELECT i.name, v.name AS vendor, o.order_day, o.status, o.packs, o.quantity::float, o.amount::float, o.on_hand::float,
    o.on_order::float, o.received_quantity::float, o.received_on, o.cancelled_because, o.decided_by_rule, o.reason
FROM purchase_recommendations o JOIN ingredients i ON i.id = o.ingredient_id JOIN vendors v ON v.id = o.vendor_id
ORDER BY o.order_day, i.name, v.name, o.created_at
"""


class Buyer(Kitchen):
    """The bistro's kitchen, with forecasts, stock and orders."""

    def expect(self, number: int, *, spread: float = 0.0, **means: float) -> None:
        """Forecast so many of each item on each of the days after a day of March."""
        ids = dict(self.ask("SELECT name, id::text FROM menu_items"))
        items = [ids[name.replace("_", " ")] for name in means]
        posterior = DemandPosterior(
            model_name="by hand",
            items=items,
            dates=[f"{day(number) + dt.timedelta(days=each)}" for each in range(1, DAYS + 1)],
            unit=[1.0] * len(items),
            mean=[[mean] * DAYS for mean in means.values()],
            variance=[[spread * mean] * DAYS for mean in means.values()],
            loading=[[0.3] * DAYS for _ in items],
            persistence=(0.2, 0.2),
            lower=[1.0] * DAYS,
            upper=[1.0] * DAYS,
            tail=0.12,
            seed=1,
            draws=DRAWS,
        )
        given: dict[str, Any] = {"restaurant": self.restaurant.id, "as_of": day(number), "draws": DRAWS}
        with self.store.tenant(self.restaurant) as tx:
            run = tx.connection.execute(text(RUN), given).scalar_one()
            state = json.dumps(posterior.to_json())
            tx.connection.execute(text(POSTERIOR), {**given, "state": state, "run": run})

    def deliver(self, number: int, quantity: float, document: str = "", ingredient: str = "Onions") -> None:
        """Hand in a delivery of a day of March by the vendor Fields."""
        line = f"{day(number)},Fields,{document},{ingredient},{quantity},kg,2\n"
        self.file("deliveries", DELIVERY + line, at(number))

    def order(self, number: int, *, hour: int = 5) -> Published:
        """Book stock and plan purchases in the night after a day of March, or later on the day after it."""
        work = self._work(number, at(number + 1, hour))
        LEDGER.run(work)
        return PURCHASES.run(work)

    def look_back(self, number: int, begun: dt.datetime) -> Published:
        """Plan purchases for a day that is long over."""
        return PURCHASES.run(self._work(number, begun))

    def orders(self, *names: str) -> list[Any]:
        """Return columns of all orders, by order day."""
        with self.store.tenant(self.restaurant) as tx:
            rows = tx.connection.execute(text(ORDERS)).all()
        return [tuple(getattr(row, name) for name in names) for row in rows]

    def decide(self, status: str, number: int) -> None:
        """Let somebody decide on the recommended orders of a day of March."""
        ordered = ", ordered_at = now()" if status == "ordered" else ""
        because = ", cancelled_because = 'we have enough'" if status == "cancelled" else ""
        self.change(
            f"UPDATE purchase_recommendations SET status = '{status}', decided_by = 'ana' {ordered} {because} "
            f"WHERE status = 'recommended' AND order_day = '{day(number)}'"
        )

    def change(self, statement: str) -> None:
        with self.store.tenant(self.restaurant) as tx:
            tx.connection.execute(text(statement))
