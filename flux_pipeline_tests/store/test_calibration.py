"""Calibration reads what was known at its day: forecasts published in time before it, and the sales up to it."""

import datetime as dt
import uuid

import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.demand.distribution.calibration import WINDOW_DAYS
from flux_pipeline.demand.forecast import MODEL_NAME
from flux_pipeline.demand.rule.four_weeks import RULE_NAME
from flux_pipeline.orchestration.assets.forecasts import DEMAND
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.calibration import forecasts_that_are_over
from flux_pipeline.store.known.stock_outs import add_sold_out
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months
from flux_pipeline_tests.conftest import Template
from flux_pipeline_tests.store.judging import AS_OF, FIRST, add_items, publish, rows_of, sell

DAY = dt.timedelta(days=1)
NIGHTS = [AS_OF + n * DAY for n in range(20)]
LAST = NIGHTS[-1] + DAY
QUANTITIES = {"Tea": 60.0, "Cake": 30.0}


def begin(store: Store) -> dict[str, str]:
    """Tea and cake sold the same every day for eight weeks, then swung up and down together for three.

    Twenty nights have published the forecasts of the steady sales.
    """
    bistro = store.restaurant("bistro")
    ids = add_items(store, bistro, *QUANTITIES)
    for name, quantity in QUANTITIES.items():
        steady = {FIRST + n * DAY: quantity for n in range((AS_OF - FIRST).days + 1)}
        swings = {AS_OF + n * DAY: quantity * (1.6 if n % 3 else 0.5) for n in range(1, len(NIGHTS) + 1)}
        sell(store, bistro, ids[name], steady | swings)
    for night in NIGHTS:
        publish(store, bistro, {ids[name]: quantity for name, quantity in QUANTITIES.items()}, night)
    return ids


BEGINNINGS = {"nights": begin}


@pytest.fixture
def nights(template: Template) -> dict[str, str]:
    """The items of `begin`."""
    return dict(template.made)


def over(store: Store, restaurant: Restaurant, as_of: dt.date = LAST, model: str = MODEL_NAME) -> pd.DataFrame:
    with store.tenant(restaurant) as tx:
        return forecasts_that_are_over(tx, as_of, restaurant.end_of_business_day(as_of), model)


def test_days_are_compared_with_the_forecasts_of_every_third_night_before_them(
    store: Store, bistro: Restaurant, nights: dict[str, str]
) -> None:
    found = over(store, bistro)
    read = [night for night in NIGHTS if (night - dt.date(2000, 1, 1)).days % 3 == 0]
    pairs = {(day, ahead) for night in read for ahead in range(1, 15) if (day := night + ahead * DAY) <= LAST}
    assert set(zip(found.date, found.days_ahead, strict=True)) == pairs
    assert len(found) == 2 * len(pairs)
    assert (found[["lower", "upper"]] == 1).all(axis=None)
    assert set(found[found.date == LAST].actual_quantity) == {60 * 1.6, 30 * 1.6}
    assert over(store, bistro, model=RULE_NAME).empty


def test_nothing_that_became_known_after_the_day_changes_what_is_read(
    store: Store, bistro: Restaurant, nights: dict[str, str]
) -> None:
    as_of = NIGHTS[-4]
    before = over(store, bistro, as_of)
    assert len(before) and before.date.max() == as_of
    sell(store, bistro, nights["Tea"], {as_of + n * DAY: 999.0 for n in (1, 2, 9)})
    for day in (as_of - DAY, as_of, as_of + DAY, LAST):
        publish(store, bistro, {nights["Tea"]: 500.0}, day)
    publish(store, bistro, {nights["Tea"]: 500.0}, AS_OF - DAY, late=True)
    with store.tenant(bistro) as tx:
        add_sold_out(tx, "Tea", as_of, None, dt.datetime.now(dt.UTC))
    pd.testing.assert_frame_equal(over(store, bistro, as_of), before)


def test_days_without_evidence_and_items_that_ran_out_or_were_merged_are_left_out(
    store: Store, bistro: Restaurant, nights: dict[str, str]
) -> None:
    before = over(store, bistro)
    with store.tenant(bistro) as tx:
        add_sold_out(tx, "Tea", LAST, None, bistro.end_of_business_day(LAST) - DAY / 24)
        tx.connection.execute(text("DELETE FROM daily_item_sales WHERE business_date = :day"), {"day": LAST - DAY})
    found = over(store, bistro)
    assert LAST - DAY not in set(found.date)
    assert (found.date == LAST).sum() == (before.date == LAST).sum() / 2
    with store.tenant(bistro) as tx:
        end = bistro.end_of_business_day(LAST)
        rest = forecasts_that_are_over(tx, LAST, end, MODEL_NAME, [uuid.UUID(nights["Tea"])])
    assert set(rest.p50_quantity) == {30.0}


def test_days_before_the_window_are_not_read(store: Store, bistro: Restaurant, nights: dict[str, str]) -> None:
    first = over(store, bistro).date.min()
    last_with_it = first + (WINDOW_DAYS - 1) * DAY
    assert over(store, bistro, last_with_it).date.min() == first
    assert over(store, bistro, last_with_it + 5 * DAY).date.min() == first + 5 * DAY


def test_a_run_corrects_its_quantiles_says_so_and_changes_nothing_when_repeated(
    store: Store, bistro: Restaurant, nights: dict[str, str]
) -> None:
    make_months(store, ("demand_forecasts",), [LAST])
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("UPDATE menu_items SET first_sold_on = :day"), {"day": FIRST})
    work = Work(store, bistro, LAST, bistro.end_of_business_day(LAST) + DAY / 24, "calibrating")
    done = DEMAND.run(work)
    assert "wider above p50" in done.metadata["calibration"]
    [(lower, upper)] = rows_of(
        store, bistro, "SELECT state -> 'lower', state -> 'upper' FROM demand_posteriors WHERE as_of = :day", day=LAST
    )
    assert min(lower) >= 1 and max(upper) > 1 and len(lower) == len(upper) == 14
    again = DEMAND.run(work)
    assert again.metadata["algorithm_run_id"] == done.metadata["algorithm_run_id"]
    count = "SELECT count(DISTINCT algorithm_run_id) FROM demand_forecasts WHERE as_of = :day"
    assert rows_of(store, bistro, count, day=LAST) == [(1,)]
    # The next night knows with which factors these were published.
    sell(store, bistro, nights["Tea"], {LAST + DAY: 70.0})
    next_night = over(store, bistro, LAST + DAY)
    published = next_night[(next_night.date == LAST + DAY) & (next_night.days_ahead == 1)]
    assert set(published.lower) == {lower[0]} and set(published.upper) == {upper[0]}
