"""Tests of the measures of accuracy: sums over the scored days, by item, weekday or days ahead."""

import datetime as dt

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.cli.main import main
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.measures import accuracy_by_days_ahead, measured, measured_totals, scored_window
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.conftest import Template
from flux_pipeline_tests.store.judging import AS_OF, LAST_DAY, days_after, judge, rows_of, sell, sell_tea_and_cake


def begin(store: Store) -> dict[str, str]:
    """Two weeks of actuals: tea sold 8 on odd days of the month and 12 on even ones, cake 2; Wednesdays were closed."""
    bistro = store.restaurant("bistro")
    items = sell_tea_and_cake(store, bistro)
    for name, odd, even in (("Tea", 8.0, 12.0), ("Cake", 2.0, 2.0)):
        days = [day for day in days_after(AS_OF) if day.weekday() != 2]
        sell(store, bistro, items[name], {day: odd if day.day % 2 else even for day in days})
    judge(store, bistro)
    return items


BEGINNINGS = {"judged": begin}


@pytest.fixture
def judged(template: Template) -> dict[str, str]:
    """The items of `begin`."""
    return dict(template.made)


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        (None, None),
        ("days_ahead", [n for n in range(1, 15) if n not in (3, 10)]),
        ("item", ["Tea", "Cake"]),
        ("weekday", ["Monday", "Tuesday", "Thursday", "Friday", "Saturday", "Sunday"]),
    ],
)
def test_measures_can_be_grouped(
    store: Store, bistro: Restaurant, judged: dict[str, str], by, labels: list[object] | None
) -> None:
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
        assert window is not None and window.days == 12
        rows = measured(tx, window, by)
        tea = measured(tx, window, by, item="te")
    assert rows.row_count.sum() == 24 and tea.row_count.sum() == 12
    assert labels is None or rows[by].tolist() == labels
    assert rows.wape.between(0, 0.5).all() and rows.coverage_p99.between(0, 1).all()


def test_measures_equal_those_computed_from_the_rows(store: Store, bistro: Restaurant, judged: dict[str, str]) -> None:
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
        assert window is not None
        of_items = measured(tx, window).iloc[0]
        total = measured_totals(tx, window).iloc[0]
    ((off, sold),) = rows_of(
        store, bistro,
        "SELECT sum(absolute_error), sum(actual_quantity)::float8 FROM forecast_accuracy"
        " WHERE menu_item_id IS NOT NULL",
    )  # fmt: skip
    assert of_items.wape == pytest.approx(off / sold)
    assert total.actual_quantity == of_items.actual_quantity == sold
    assert total.row_count == 12
    assert of_items.four_week_wape == pytest.approx(12 * 2 / sold)


@pytest.mark.parametrize("by", [None, "days_ahead", "item", "weekday"])
def test_the_view_of_the_coverage_agrees_with_the_measures(
    store: Store, bistro: Restaurant, judged: dict[str, str], by
) -> None:
    """Tea sold 8 or 12 of 10 a day, outside of p10 to p90, and cake 2 of 2 a day, which is p10 and p90."""
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
        assert window is not None
        rows = measured(tx, window, by)
        totals = measured_totals(tx, window, by)
    columns = {"item": "menu_item_name", "weekday": "weekday", "days_ahead": "days_ahead"}
    only = " AND ".join(f"({name} IS NOT NULL) = {column == by}" for column, name in columns.items())
    key = columns[by] if by else "0"
    view = {
        label: shares
        for label, *shares in rows_of(
            store, bistro,
            f"SELECT {key}, day_count, forecast_count, share_within_p10_p90, share_inside_p10_p90, share_within_p99,"
            f" is_within_bounds, is_p99_within_bounds FROM forecast_coverage WHERE {only}",
        )
    }  # fmt: skip
    labels = {day: number for number, day in enumerate(WEEKDAYS, start=1)} if by == "weekday" else {}
    assert len(view) == len(rows) > 0
    for row in rows.to_dict("records"):
        found = view[labels.get(row[by], row[by]) if by else 0]
        assert found[:2] == [row["day_count"], row["row_count"]]
        assert found[2:5] == pytest.approx(
            [row["coverage_p10_p90"], row["coverage_inside_p10_p90"], row["coverage_p99"]]
        )
        assert found[5:] == [row["coverage_verdict"] == "", row["p99_verdict"] == ""]
    assert set(totals.coverage_verdict) <= {"", "too few", "too many"}


def test_coverage_is_marked_where_chance_does_not_explain_it(
    store: Store, bistro: Restaurant, judged: dict[str, str]
) -> None:
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
        assert window is not None
        verdicts = measured(tx, window, "item").set_index("item").coverage_verdict
    assert verdicts.to_dict() == {"Tea": "too few", "Cake": ""}
    said = CliRunner().invoke(main, ["accuracy", "--restaurant", "bistro", "--by", "item"]).output
    (tea,) = (line for line in said.splitlines() if "Tea" in line)
    assert "too few" in tea


def test_look_backs_and_days_before_the_last_56_are_not_in_the_view(
    store: Store, bistro: Restaurant, judged: dict[str, str]
) -> None:
    days = "SELECT day_count FROM forecast_coverage WHERE num_nonnulls(menu_item_id, weekday, days_ahead) = 0"
    assert rows_of(store, bistro, days) == [(12,)]
    with store.tenant(bistro) as tx:
        move = "UPDATE forecast_accuracy SET forecast_date = forecast_date - 56 WHERE forecast_date < :day"
        tx.connection.execute(text(move), {"day": LAST_DAY})
    assert rows_of(store, bistro, days) == [(1,)]
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("UPDATE forecast_accuracy SET is_retrospective = true"))
    assert rows_of(store, bistro, days) == []


def test_a_window_holds_only_its_days(store: Store, bistro: Restaurant, judged: dict[str, str]) -> None:
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 3)
        assert window is not None
        assert (window.first, window.last, window.days) == (LAST_DAY - dt.timedelta(days=2), LAST_DAY, 3)
        assert measured(tx, window).row_count.tolist() == [6]


def test_the_frame_for_a_picture_has_a_row_for_each_day_ahead(
    store: Store, bistro: Restaurant, judged: dict[str, str]
) -> None:
    with store.tenant(bistro) as tx:
        window = scored_window(tx, 56)
        assert window is not None
        ahead = accuracy_by_days_ahead(tx, window)
    assert list(ahead) == ["days_ahead", "n", "wape", "four_week_wape", "coverage"]
    assert len(ahead) == 12 and ahead.four_week_wape.notna().all()


def test_another_restaurants_sales_and_losses_are_not_mixed_in(
    store: Store, bistro: Restaurant, cafe: Restaurant, judged: dict[str, str]
) -> None:
    assert rows_of(store, cafe, "SELECT count(*) FROM forecast_accuracy") == [(0,)]
    assert judge(store, cafe) == 0
    with store.tenant(cafe) as tx:
        assert scored_window(tx, 56) is None
