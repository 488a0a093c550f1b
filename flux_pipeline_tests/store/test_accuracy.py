"""Tests of accuracy: actuals are filled in once, corrected with the sales, and only for evidence days."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.demand.inputs.evidence import days_sold_on, evidence_days
from flux_pipeline.demand.inputs.tables import take_apart
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts import accuracy
from flux_pipeline.store.forecasts.measures import measured, scored_window
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.judging import (
    AS_OF,
    FIRST,
    LAST_DAY,
    add_items,
    days_after,
    judge,
    publish,
    rows_of,
    sell,
    sell_tea_and_cake,
    take_back,
)

MONDAY, TUESDAY = days_after(AS_OF, 2)
ACTUALS = (
    "SELECT DISTINCT actual_quantity::float8 FROM demand_forecasts WHERE forecast_date = :day AND menu_item_id = :item"
)
JUDGED = "SELECT count(*) FROM forecast_accuracy WHERE forecast_date = :day"


@pytest.fixture
def items(store: Store, bistro: Restaurant) -> dict[str, str]:
    """Tea sells 10 a day and cake 2, for eight weeks, and a forecast of both is published."""
    return sell_tea_and_cake(store, bistro)


def actual(store: Store, restaurant: Restaurant, day: dt.date, item: str) -> float | None:
    ((value,),) = rows_of(store, restaurant, ACTUALS, day=day, item=item)
    return value


def test_a_day_gets_its_actuals_after_its_sales_are_loaded(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    assert judge(store, bistro) == 0
    sell(store, bistro, items["Tea"], {MONDAY: 13})
    # Two forecasts get their actual; two items and the day's total are scored.
    assert judge(store, bistro) == 2 + 3
    assert actual(store, bistro, MONDAY, items["Tea"]) == 13
    assert actual(store, bistro, MONDAY, items["Cake"]) == 0
    assert actual(store, bistro, TUESDAY, items["Tea"]) is None
    (tea,) = rows_of(
        store, bistro,
        "SELECT days_ahead, error, absolute_error, four_week_quantity, four_week_absolute_error, is_within_p99"
        " FROM forecast_accuracy WHERE menu_item_id = :item", item=items["Tea"],
    )  # fmt: skip
    assert tea[0] == 1
    assert tea[1] == pytest.approx(-3, abs=0.3) and tea[2] == pytest.approx(3, abs=1)
    assert (tea[3], tea[4]) == (10, 3)


def test_the_score_of_a_total_does_not_depend_on_ids(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    scores = []
    for restaurant in (bistro, cafe):
        ids = add_items(store, restaurant, *"ABCDEFGH")
        for number, item in enumerate(ids.values(), start=1):
            quantities = {
                FIRST + dt.timedelta(days=n): number * (n % 5 + 1.0) for n in range((MONDAY - FIRST).days + 1)
            }
            sell(store, restaurant, item, quantities)
        publish(store, restaurant, dict.fromkeys(ids.values(), 10.0))
        judge(store, restaurant)
        query = "SELECT four_week_pinball_loss FROM forecast_accuracy WHERE menu_item_id IS NULL"
        scores.append(rows_of(store, restaurant, query))
    assert scores[0] == scores[1] != []


def test_scoring_again_writes_nothing(store: Store, bistro: Restaurant, items: dict[str, str]) -> None:
    sell(store, bistro, items["Tea"], {MONDAY: 13, TUESDAY: 9})
    judge(store, bistro)
    changed = rows_of(store, bistro, "SELECT max(updated_at) FROM forecast_accuracy")
    assert judge(store, bistro) == 0
    assert rows_of(store, bistro, "SELECT max(updated_at) FROM forecast_accuracy") == changed


def test_a_corrected_day_corrects_the_actuals_and_no_published_figure(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    published = (
        "SELECT id, predicted_quantity, p10_quantity, p99_quantity, is_current, published_at FROM demand_forecasts"
    )
    before = sorted(rows_of(store, bistro, published))
    sell(store, bistro, items["Tea"], {MONDAY: 13, TUESDAY: 10})
    judge(store, bistro)
    sell(store, bistro, items["Tea"], {MONDAY: 15})
    # Tea's actual, and the losses of tea and of the total.
    assert judge(store, bistro) == 3
    assert actual(store, bistro, MONDAY, items["Tea"]) == 15
    ((total,),) = rows_of(
        store, bistro,
        "SELECT actual_quantity FROM forecast_accuracy WHERE menu_item_id IS NULL AND forecast_date = :day", day=MONDAY,
    )  # fmt: skip
    assert total == 15
    assert sorted(rows_of(store, bistro, published)) == before


def test_a_day_whose_upload_is_withdrawn_loses_its_actuals(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    sell(store, bistro, items["Tea"], {MONDAY: 13, TUESDAY: 10})
    judge(store, bistro)
    take_back(store, bistro, MONDAY)
    assert judge(store, bistro) == 2 + 3
    assert actual(store, bistro, MONDAY, items["Tea"]) is None
    assert rows_of(store, bistro, JUDGED, day=MONDAY) == [(0,)]
    assert rows_of(store, bistro, JUDGED, day=TUESDAY) == [(3,)]
    sell(store, bistro, items["Cake"], {MONDAY: 4})
    assert judge(store, bistro) == 2 + 3


def test_days_whose_sales_did_not_change_are_not_read_again(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    """A year of forecasts must not be compared every night."""
    sell(store, bistro, items["Tea"], {MONDAY: 13, TUESDAY: 10})
    judge(store, bistro)
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("UPDATE demand_forecasts SET actual_quantity = 1 WHERE actual_quantity = 13"))
    assert judge(store, bistro) == 0
    sell(store, bistro, items["Tea"], {MONDAY: 14})
    assert judge(store, bistro) == 3
    assert actual(store, bistro, MONDAY, items["Tea"]) == 14


@pytest.mark.parametrize(("longest", "is_read_again"), [(34, False), (35, True)])
def test_a_longer_horizon_is_scored_again_over_its_whole_length(
    store: Store, bistro: Restaurant, items: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    longest: int, is_read_again: bool,
) -> None:  # fmt: skip
    far = AS_OF + dt.timedelta(days=35)
    with store.tenant(bistro) as tx:
        judged_far_ahead = (
            "UPDATE demand_forecasts SET forecast_date = :far, actual_quantity = 1 WHERE forecast_date = :day"
        )
        tx.connection.execute(text(judged_far_ahead), {"far": far, "day": days_after(AS_OF)[-1]})
    sell(store, bistro, items["Tea"], {far: 13})
    monkeypatch.setattr(accuracy, "LONGEST_HORIZON_DAYS", longest)
    with store.tenant(bistro) as tx:
        days = accuracy.unscored_forecasts(tx, far).days
    assert (far in set(days.forecast_date)) == is_read_again


@pytest.mark.parametrize(
    ("quantities", "is_evidence"),
    [((), False), ((0,), False), ((-2,), False), ((3,), True), ((-2, 3), True), ((0, 0.5), True), ((0, -1), False)],
)
def test_the_sql_and_the_rule_in_python_agree_on_evidence_days(
    store: Store, bistro: Restaurant, quantities: tuple[float, ...], is_evidence: bool
) -> None:
    ids = add_items(store, bistro, "Tea", "Cake")
    sold = dict(zip(ids.values(), quantities, strict=False))
    for item, quantity in sold.items():
        sell(store, bistro, item, {MONDAY: quantity})
    by_statement = [day for (day,) in rows_of(store, bistro, accuracy.EVIDENCE_DAYS, last_day=LAST_DAY)]
    sales = pd.DataFrame({"item": list(sold), "date": pd.Timestamp(MONDAY), "quantity": list(sold.values())})
    closed = pd.DataFrame({"date": [pd.Timestamp(MONDAY)], "is_open": [False]})
    tables = take_apart(sales, closed)
    panel_dates = evidence_days(tables.days, np.datetime64(LAST_DAY), tables.sales.day, tables.sales.quantity)
    expected = [MONDAY] if is_evidence else []
    assert by_statement == expected
    assert list(days_sold_on(sales).date) == expected
    assert list(panel_dates.astype(dt.date)) == expected


def test_a_day_with_only_returns_is_no_evidence_day(store: Store, bistro: Restaurant, items: dict[str, str]) -> None:
    sell(store, bistro, items["Tea"], {MONDAY: -1})
    assert judge(store, bistro) == 0
    sell(store, bistro, items["Cake"], {MONDAY: 3})
    judge(store, bistro)
    assert actual(store, bistro, MONDAY, items["Tea"]) == 0


def test_a_day_that_is_not_over_is_not_scored(store: Store, bistro: Restaurant, items: dict[str, str]) -> None:
    sell(store, bistro, items["Tea"], {MONDAY: 1})
    assert judge(store, bistro, last_day=AS_OF) == 0
    assert judge(store, bistro, last_day=MONDAY) > 0


def test_the_first_published_forecast_is_scored_and_every_run_gets_the_actuals(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    ((first,),) = rows_of(store, bistro, "SELECT DISTINCT algorithm_run_id FROM demand_forecasts")
    publish(store, bistro, {items["Tea"]: 50.0, items["Cake"]: 2.0})
    sell(store, bistro, items["Tea"], {MONDAY: 12})
    judge(store, bistro)
    assert rows_of(store, bistro, "SELECT DISTINCT algorithm_run_id FROM forecast_accuracy") == [(first,)]
    assert rows_of(store, bistro, "SELECT count(*), count(actual_quantity) FROM demand_forecasts") == [(56, 4)]
    publish(store, bistro, {items["Tea"]: 90.0, items["Cake"]: 2.0})
    # The new run's rows get their actuals; nothing else changes.
    assert judge(store, bistro) == 2


def test_a_forecast_in_time_replaces_the_score_of_a_look_back(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    earlier = AS_OF - dt.timedelta(days=1)
    steady = {items["Tea"]: 10.0, items["Cake"]: 2.0}
    publish(store, bistro, steady, earlier, late=True)
    sell(store, bistro, items["Tea"], {MONDAY: 12})
    judge(store, bistro)
    kinds = "SELECT days_ahead, bool_and(is_retrospective) FROM forecast_accuracy WHERE forecast_date = :day GROUP BY 1"
    assert sorted(rows_of(store, bistro, kinds, day=MONDAY)) == [(1, False), (2, True)]
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
        assert window is not None and not window.look_backs
        assert measured(tx, window).row_count.tolist() == [2]
    in_time = publish(store, bistro, steady, earlier)
    judge(store, bistro)
    assert sorted(rows_of(store, bistro, kinds, day=MONDAY)) == [(1, False), (2, False)]
    assert rows_of(store, bistro, "SELECT DISTINCT algorithm_run_id FROM forecast_accuracy WHERE days_ahead = 2") == [
        (in_time,)
    ]


def test_look_backs_without_forecasts_in_time_are_marked_as_such(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    earlier = AS_OF - dt.timedelta(days=3)
    publish(store, bistro, {items["Tea"]: 10.0, items["Cake"]: 2.0}, earlier, late=True)
    judge(store, bistro)
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
    assert window is not None
    assert (window.look_backs, window.days, window.last) == (True, 3, AS_OF)


def test_without_scored_forecasts_there_is_no_window(store: Store, bistro: Restaurant, items: dict[str, str]) -> None:
    with store.tenant(bistro) as tx:
        assert scored_window(tx, 56) is None
