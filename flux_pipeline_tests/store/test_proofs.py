"""Proofs about stored rows: each fails for what it is about, and for one restaurant only."""

import datetime as dt
import itertools

import pytest
from sqlalchemy import text

from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.diagnosis.fleet import restaurants_left_failed
from flux_pipeline.store.diagnosis.proofs import (
    forecast_coverage,
    quantile_coverage,
    quantile_order,
    sales_freshness,
    staffing_coverage,
)
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.closures import announce_closure
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.runs import recorded_run, succeed_run
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import hand_in
from flux_pipeline_tests.store.judging import add_items
from flux_pipeline_tests.store.publishing import forecast_of, publish, put_on_the_menu

AS_OF = dt.date(2026, 3, 1)  # a Sunday
KNOWN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HOURS = """
INSERT INTO operating_hours (restaurant_id, day_of_week, open_time, close_time, is_closed, known_at)
VALUES (:id, :day, CAST(:opens AS time), CAST(:closes AS time), CAST(:closes AS time) IS NULL, '2026-01-01')
"""


def declare(
    store: Store, restaurant: Restaurant, closed: set[int], opens: str = "11:00", closes: str = "13:30"
) -> None:
    with store.tenant(restaurant) as tx:
        for day in range(7):
            times = {"opens": None, "closes": None} if day in closed else {"opens": opens, "closes": closes}
            tx.connection.execute(text(HOURS), {"id": restaurant.id, "day": day, **times})


@pytest.mark.parametrize(
    ("closed_weekdays", "closures", "allowed", "is_fresh"),
    [
        (set(), [], 3, False),
        (set(), [], 4, True),
        # Thursday is the fifth of March.
        ({3}, [], 3, True),
        (set(), [dt.date(2026, 3, 4)], 3, True),
    ],
    ids=["four days missing", "four may be", "closed on Thursdays", "closed on one day"],
)
def test_sales_are_fresh_if_few_open_days_are_missing(
    store: Store,
    bistro: Restaurant,
    cafe: Restaurant,
    closed_weekdays: set[int],
    closures: list[dt.date],
    allowed: int,
    is_fresh: bool,
) -> None:
    hand_in(store, bistro, "date,item,quantity,price\n2026-03-01,Soup,3,4.50\n")
    declare(store, bistro, closed_weekdays)
    # At 06:00 in Paris the fifth is over.
    now = dt.datetime(2026, 3, 6, 5, 0, tzinfo=dt.UTC)
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_stale_days", allowed)
        for day in closures:
            announce_closure(tx, day, "holiday", KNOWN)
        proof = sales_freshness(tx, now)
    assert proof.passed is is_fresh
    if not is_fresh:
        assert "The newest sales are from 2026-03-01: 4 open days up to 2026-03-05 are missing" in proof.message
    with store.tenant(cafe) as tx:
        assert "There are no sales yet." in sales_freshness(tx, now).message


def test_a_forecast_lacks_an_item_that_was_put_on_the_menu_before(store: Store, bistro: Restaurant) -> None:
    publish(store, bistro, forecast_of(put_on_the_menu(store, bistro), AS_OF), AS_OF)
    soup = add_items(store, bistro, "Soup")["Soup"]
    with store.tenant(bistro) as tx:
        assert forecast_coverage(tx).passed
        set_date = text("UPDATE menu_items SET created_at = :at WHERE id = :id")
        tx.connection.execute(set_date, {"at": KNOWN, "id": soup})
        assert "28 current rows; expected 3 items on 14 days" in forecast_coverage(tx).message
        tx.connection.execute(text("UPDATE menu_items SET is_active = false WHERE id = :id"), {"id": soup})
        assert forecast_coverage(tx).passed


def test_quantiles_out_of_order_are_counted(store: Store, bistro: Restaurant) -> None:
    items = put_on_the_menu(store, bistro)
    publish(store, bistro, forecast_of(items, AS_OF), AS_OF, items=items)
    with store.tenant(bistro) as tx:
        assert quantile_order(tx).passed
    with store.transaction(Role.OWNER) as owner:
        # What the table's own constraint refuses, an import around it could bring.
        name = "ck_demand_forecasts_by_restaurant_quantiles_are_monotone"
        owner.execute(text(f"ALTER TABLE demand_forecasts_by_restaurant DROP CONSTRAINT {name}"))
    with store.tenant(bistro) as tx:
        swap = "UPDATE demand_forecasts_by_restaurant SET p10_quantity = p90_quantity + 1"
        tx.connection.execute(text(f"{swap} WHERE forecast_date < '2026-03-05'"))
        assert quantile_order(tx).wrong == ["3 of 14 forecasts of the restaurant have quantiles out of order."]


@pytest.mark.parametrize(
    ("days", "actual", "passed"),
    [(28, 10, True), (28, 25, False), (13, 25, True)],
    ids=["within", "far above", "too few days"],
)
def test_coverage_is_judged_by_the_last_28_scored_days(
    store: Store, bistro: Restaurant, days: int, actual: int, passed: bool
) -> None:
    items = put_on_the_menu(store, bistro)
    run = publish(store, bistro, forecast_of(items, AS_OF), AS_OF, items=items)
    insert = text(
        "INSERT INTO forecast_accuracy (restaurant_id, forecast_date, days_ahead, menu_item_id, actual_quantity,"
        " predicted_quantity, p10_quantity, p50_quantity, p90_quantity, p99_quantity, absolute_error, error,"
        " pinball_loss, is_within_p10_p90, is_within_p99, four_week_quantity, four_week_absolute_error,"
        " four_week_pinball_loss, model_name, is_retrospective, algorithm_run_id)"
        " VALUES (:r, :day, 1, :item, :q, 10, 5, 10, 15, 20, 1, 1, 1, :within, true, 10, 1, 1, 'm', false, :run)"
    )
    with store.tenant(bistro) as tx:
        # Every fifth day and all days before the window are outside; at most that many may be.
        for number in range(days + 28):
            q = 99 if number % 5 == 0 or number >= days else actual
            row = {"day": AS_OF - dt.timedelta(days=number), "q": q, "within": 5 <= q <= 15}
            if number < days or days == 28:
                tx.connection.execute(insert, row | {"r": bistro.id, "item": items["item"][0], "run": run})
        proof = quantile_coverage(tx)
    assert proof.passed is passed, proof
    assert proof.looked_at["days"] == min(days, 28)
    if not passed:
        assert "0% of the actuals were within p10 to p90; expected 65% to 95%." in proof.message
    assert ("note" in proof.looked_at) is (days < 14)


@pytest.mark.parametrize(("length", "periods"), [(60, 3), (15, 10)], ids=["hours", "quarter hours"])
def test_open_periods_without_heads_are_counted(store: Store, bistro: Restaurant, length: int, periods: int) -> None:
    items = put_on_the_menu(store, bistro)
    run = publish(store, bistro, forecast_of(items, AS_OF), AS_OF, items=items)
    # From 23:00 to 01:30 on every day but Monday; Tuesday is a holiday.
    declare(store, bistro, {0}, "23:00", "01:30")
    insert = text(
        "INSERT INTO staffing_forecasts (restaurant_id, employee_role_id, as_of, forecast_date, period_start,"
        " period_minutes, expected_items, required_p50, required_p90, recommended_heads, labor_minutes, decided_by,"
        " driver, algorithm_run_id)"
        " SELECT :id, e.id, :as_of, :day, CAST(:start AS time), :length, 1, 1, 1, 1, 60, 'minimum', '{}', :run"
        " FROM employee_roles e"
    )
    days = [AS_OF + dt.timedelta(days=ahead) for ahead in range(1, 15)]
    open_days = [day for day in days if day.weekday() != 0 and day != dt.date(2026, 3, 3)]
    with store.tenant(bistro) as tx:
        assert staffing_coverage(tx).looked_at["note"] == "no staffing forecast was published yet"
        announce_closure(tx, dt.date(2026, 3, 3), "holiday", KNOWN)
        for day, place in itertools.product(open_days, range(periods)):
            start = dt.time(*divmod((23 * 60 + place * length) % 1440, 60))
            row = {"id": bistro.id, "as_of": AS_OF, "day": day, "start": start, "length": length, "run": run}
            tx.connection.execute(insert, row)
        proof = staffing_coverage(tx)
        assert proof.passed and proof.looked_at["open_periods"] == periods * len(open_days)
        tx.connection.execute(
            text("UPDATE staffing_forecasts SET is_current = false WHERE forecast_date = '2026-03-05'")
        )
        assert f"{periods} of {periods * len(open_days)} open periods lack heads" in staffing_coverage(tx).message
        tx.connection.execute(text("UPDATE operating_hours SET superseded_at = now()"))
        proof = staffing_coverage(tx)
        # Without declared hours each day with demand needs one staffed period.
        assert (proof.looked_at["open_periods"], proof.looked_at["unstaffed"]) == (13, 3)


def record(
    store: Store, restaurant: Restaurant, as_of: dt.date, *, fails: bool, algorithm: str = "demand_forecast"
) -> None:
    plan = plan_run(algorithm, "1", as_of, {}, {})  # type: ignore[arg-type]
    try:
        with recorded_run(store, restaurant, plan, None) as run_id, store.tenant(restaurant) as tx:
            if fails:
                raise RuntimeError("secret")
            succeed_run(tx, run_id, {}, 0)
    except RuntimeError:
        pass


def test_restaurants_whose_last_run_failed_or_is_overdue_are_named(
    store: Store, bistro: Restaurant, cafe: Restaurant
) -> None:
    # The day after next has begun in both: Monday's forecast must be there for a day.
    now = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)

    def found() -> dict[str, object]:
        with store.fleet() as connection:
            proof = restaurants_left_failed(connection, now)
        assert "secret" not in str(proof)
        return {"count": proof.looked_at["restaurants_left_failed"], "wrong": " ".join(proof.wrong)}

    assert found()["count"] == 0, "they never ran"
    monday = dt.date(2026, 3, 2)
    record(store, bistro, monday, fails=True)
    record(store, cafe, monday, fails=False)
    assert found()["count"] == 1
    assert "bistro: demand_forecast failed as of 2026-03-02." in str(found()["wrong"])
    assert "flux run --restaurant bistro" in str(found()["wrong"])
    record(store, bistro, monday, fails=False)
    # A look back that fails leaves nothing to recover.
    record(store, bistro, dt.date(2026, 1, 1), fails=True)
    assert found()["count"] == 0
    now += dt.timedelta(days=1)
    assert "cafe: demand_forecast has no run as of 2026-03-03." in str(found()["wrong"])
