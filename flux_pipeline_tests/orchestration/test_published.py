"""Totals, statuses and pictures that a run publishes, and what a person's decision does not change."""

import base64
import datetime as dt
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import create_engine, text

from flux_pipeline.orchestration.commands.launch import JobResult, run_restaurant
from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.store.access.people import add_user
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.decisions import Choice, decide_forecasts
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.forecasts.published import list_categories, list_totals
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import FORECAST, drop

DATA_URL = "![fan charts](data:image/png;base64,"


@pytest.fixture
def as_of(bistro: Restaurant) -> dt.date:
    return bistro.last_complete_business_day(dt.datetime.now(dt.UTC))


@pytest.fixture
def corner(store: Store, bistro: Restaurant, as_of: dt.date) -> Restaurant:
    """Ten weeks of three dishes of two categories, one of them erratic, closed on Mondays."""
    days = [day for n in range(70) if (day := as_of - dt.timedelta(days=n)).weekday() != 0]
    dishes = (("Soup", "Kitchen", 30, 5), ("Pie", "Kitchen", 1, 23), ("Tea", "Bar", 20, 5))
    lines = [
        f"{day},{item},{of},{level + day.toordinal() * 5 % spread},4.50"
        for day in days
        for item, of, level, spread in dishes
    ]
    drop(store, bistro.slug, "sales", "s.csv", "date,item,category,quantity,price\n" + "\n".join(lines) + "\n")
    return bistro


def refresh(
    instance: dg.DagsterInstance, restaurant: Restaurant, as_of: dt.date, *, only: tuple[str, ...] | None = None
) -> JobResult:
    result = run_restaurant(instance, restaurant.slug, as_of, only=only)
    assert result.succeeded, result.failures
    return result


def picture_of(result: JobResult) -> bytes:
    markdown = result.metadata["demand_forecasts"]["fan_charts"]
    assert markdown.startswith(DATA_URL)
    return base64.b64decode(markdown.removeprefix(DATA_URL).removesuffix(")"))


def test_a_run_publishes_totals_statuses_and_a_picture_of_one_forecast(
    store: Store, instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date
) -> None:
    result = refresh(instance, corner, as_of)
    metadata = result.metadata["demand_forecasts"]
    assert metadata["rows_approved"] + metadata["rows_pending"] == metadata["rows"] == 42
    assert list(metadata)[:4] == ["as_of", "rows_pending", "rows_approved", "rows"]
    assert metadata["drivers"].startswith("| driver | sales times |") and "next_open_day" not in metadata
    picture = picture_of(result)
    assert picture.startswith(b"\x89PNG") and len(picture) < 11_250  # 15 kB as text
    with store.tenant(corner) as tx:
        rows, categories, total = read_forecasts(tx), list_categories(tx), list_totals(tx)
        unsigned = tx.connection.scalar(
            text("SELECT count(*) FROM demand_forecasts_by_restaurant WHERE algorithm_run_id <> :run"),
            {"run": metadata["algorithm_run_id"]},
        )
    assert unsigned == 0
    assert {each.category: each.item_count for each in categories} == {"Bar": 1, "Kitchen": 2}
    assert [each.predicted_quantity for each in total] == pytest.approx(
        rows.groupby("date").predicted_quantity.sum().tolist(), rel=1e-14
    )
    assert [each.p99 for each in total if each.date.weekday() == 0] == [0, 0]
    assert set(rows[rows.confidence_score >= 0.7].status) == {"approved"}
    assert set(rows[rows.confidence_score < 0.7].status) == {"pending"}


def test_the_whole_picture_is_a_file_and_a_run_that_changes_nothing_only_names_it(
    instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date
) -> None:
    first = refresh(instance, corner, as_of, only=FORECAST).metadata["demand_forecasts"]
    file = Path(first["fan_charts_file"])
    drawn_at = file.stat().st_mtime_ns
    assert file.read_bytes().startswith(b"\x89PNG") and file.stat().st_size > len(first["fan_charts"])
    second = refresh(instance, corner, as_of, only=FORECAST).metadata["demand_forecasts"]
    assert second["fan_charts_file"] == str(file) and "fan_charts" not in second
    assert file.stat().st_mtime_ns == drawn_at


def test_a_run_keeps_less_than_120_kb_in_dagsters_event_log(
    store: Store, dagster_database: None, corner: Restaurant, as_of: dt.date
) -> None:
    with open_instance(store) as instance:
        refresh(instance, corner, as_of)
    engine = create_engine(store.url(Role.DAGSTER))
    with engine.connect() as connection:
        kept = connection.scalar(text("SELECT sum(length(event)) FROM event_logs"))
    engine.dispose()
    assert kept < 120_000


def test_switching_pictures_off_does_not_change_the_forecast(
    store: Store, instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date
) -> None:
    refresh(instance, corner, as_of, only=FORECAST)
    with store.tenant(corner) as tx:
        store_setting(tx, "forecast_pictures", False)
    metadata = refresh(instance, corner, as_of, only=FORECAST).metadata["demand_forecasts"]
    assert "fan_charts" not in metadata and "unchanged_since_run" in metadata


@pytest.mark.usefixtures("no_pictures")
def test_the_next_days_biggest_sellers_are_a_table_if_the_restaurant_wants_it(
    store: Store, instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date
) -> None:
    with store.tenant(corner) as tx:
        store_setting(tx, "forecast_tables", True)
    shown = refresh(instance, corner, as_of, only=FORECAST).metadata["demand_forecasts"]["next_open_day"].records
    first_open = as_of + dt.timedelta(days=2 if as_of.weekday() == 6 else 1)
    with store.tenant(corner) as tx:
        expected = {row.item: row.p50 for row in read_forecasts(tx).itertuples() if row.date == first_open}
    assert {record.data["date"] for record in shown} == {str(first_open)}
    assert {record.data["item"]: record.data["p50"] for record in shown} == expected
    assert [record.data["p50"] for record in shown] == sorted(expected.values(), reverse=True)


def test_a_picture_that_cannot_be_drawn_does_not_fail_the_run(
    instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("no ink")

    monkeypatch.setattr("flux_pipeline.orchestration.pictures.fans.draw_fans", fail)
    metadata = refresh(instance, corner, as_of).metadata
    assert "fan_charts" not in metadata["demand_forecasts"] and metadata["staffing_forecasts"]["rows"] > 0


@pytest.mark.usefixtures("no_pictures")
def test_a_new_threshold_publishes_again_and_keeps_decisions_of_people(
    store: Store, instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date
) -> None:
    add_user(store, "kim@bistro.example", "Kim", "admin", None)
    refresh(instance, corner, as_of, only=FORECAST)
    soup = Choice(item="Soup")
    now = dt.datetime.now(dt.UTC)
    decide_forecasts(store, corner.slug, "rejected", "kim@bistro.example", soup, now=now)
    with store.tenant(corner) as tx:
        store_setting(tx, "forecast_confidence_threshold", 0)
    metadata = refresh(instance, corner, as_of, only=FORECAST).metadata["demand_forecasts"]
    assert (metadata["rows_approved"], metadata["rows_beside_decided_ones"]) == (42, 14)
    with store.tenant(corner) as tx:
        rows = read_forecasts(tx)
    assert rows.groupby("item").status.unique().map(list).to_dict() == {
        "Pie": ["approved"],
        "Soup": ["rejected"],
        "Tea": ["approved"],
    }


@pytest.mark.usefixtures("no_pictures")
def test_a_decision_does_not_change_staffing_or_the_next_run(
    store: Store, instance: dg.DagsterInstance, corner: Restaurant, as_of: dt.date
) -> None:
    add_user(store, "kim@bistro.example", "Kim", "admin", None)
    refresh(instance, corner, as_of)
    now = dt.datetime.now(dt.UTC)
    decide_forecasts(store, corner.slug, "rejected", "kim@bistro.example", Choice(), now=now)
    metadata = refresh(instance, corner, as_of).metadata
    assert "unchanged_since_run" in metadata["demand_forecasts"]
    assert "unchanged_since_run" in metadata["staffing_forecasts"]


@pytest.mark.usefixtures("no_pictures")
def test_the_largest_sales_that_are_accepted_are_added_up_forecast_staffed_and_judged(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, as_of: dt.date
) -> None:
    days = [as_of - dt.timedelta(days=n) for n in range(15)]
    lines = [f"{day},{item},{999_000_000 - n}" for day in days for item in ("Soup", "Pie") for n in range(5)]
    drop(store, bistro.slug, "sales", "s.csv", "date,item,quantity\n" + "\n".join(lines) + "\n")
    refresh(instance, bistro, days[7])
    result = refresh(instance, bistro, as_of)
    assert result.metadata["forecast_accuracy"]["rows"] > 0
    with store.tenant(bistro) as tx:
        widest = [
            tx.connection.scalar(text(f"SELECT max({column}) FROM {table}"))
            for table, column in (
                ("demand_forecasts_by_restaurant", "p99_quantity"),
                ("staffing_forecasts", "labor_minutes"),
                ("forecast_accuracy", "actual_quantity"),
            )
        ]
    # Each is more than the ten digits of a single line's column.
    assert min(widest) > 10**9, widest
