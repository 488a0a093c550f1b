"""Heads by category, channel and period, from a restaurant's own sales, on a real database and Dagster instance."""

import datetime as dt

import dagster as dg
import pytest

from flux_pipeline.orchestration.commands.launch import run_restaurant
from flux_pipeline.orchestration.inputs.staffing import StaffingInputs, staffing_inputs
from flux_pipeline.orchestration.work import Work
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.diagnosis.proofs import staffing_coverage
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.heads import HeadsForecast, list_staffing
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.staff.role_acts import add_role, change_role
from flux_pipeline_tests.orchestration.conftest import STAFFING, drop
from flux_pipeline_tests.store.commands import output_of
from flux_pipeline_tests.store.handing_in import hand_in_kind

pytestmark = pytest.mark.usefixtures("no_pictures")

AS_OF = dt.date(2026, 5, 7)  # a Thursday; 14 May is a holiday in France, and so was 1 May
# The stew is eaten at noon, at table; the drinks in the evening, half of them fetched.
DAY = (
    ("12:05", "Stew", "Mains", 24, 10.00, "dine in"),
    ("12:40", "Stew", "Mains", 12, 10.00, "dine in"),
    ("20:10", "Cider", "Drinks", 20, 4.00, "dine in"),
    ("20:50", "Cider", "Drinks", 20, 4.00, "takeaway"),
)


@pytest.fixture
def inn(store: Store, bistro: Restaurant) -> Restaurant:
    """Sell the same for twelve weeks, but on 1 May all of it in the afternoon."""
    lines = ["date,time,ticket,item,category,quantity,price,channel"]
    for ago in range(84):
        day = AS_OF - dt.timedelta(days=ago)
        for number, (time, item, category, quantity, price, channel) in enumerate(DAY):
            at = "16:00" if day == dt.date(2026, 5, 1) else time
            lines.append(f"{day},{at},{day:%m%d}-{number},{item},{category},{quantity + ago % 3},{price},{channel}")
    drop(store, bistro.slug, "sales", "s.csv", "\n".join(lines) + "\n")
    return bistro


def staff(store: Store, instance: dg.DagsterInstance, restaurant: Restaurant) -> list[HeadsForecast]:
    result = run_restaurant(instance, restaurant.slug, AS_OF, only=STAFFING)
    assert result.succeeded, result.failures
    with store.tenant(restaurant) as tx:
        return list_staffing(tx)


def inputs(store: Store, restaurant: Restaurant) -> StaffingInputs:
    with store.tenant(restaurant) as tx:
        work = Work(store, restaurant, AS_OF, dt.datetime.now(dt.UTC), "")
        return staffing_inputs(tx, work, StaffingSettings())


def of(rows: list[HeadsForecast], role: str, hour: int, day: int = 15) -> HeadsForecast:
    [row] = [r for r in rows if (r.role, r.period_start.hour, r.date) == (role, hour, dt.date(2026, 5, day))]
    return row


def test_a_kitchen_works_on_mains_and_a_bar_on_what_its_channels_sell(
    store: Store, instance: dg.DagsterInstance, inn: Restaurant
) -> None:
    with store.tenant(inn) as tx:
        fast = {"items_per_hour": 60, "minimum_heads": 0, "hourly_cost": 18.0}
        add_role(tx, {"name": "Window", "channels": ["takeaway"], **fast})
        change_role(tx, "Kitchen", {"prep_share": 0, "hourly_cost": 20.0})
    rows = staff(store, instance, inn)
    noon, evening = of(rows, "Kitchen", 12), of(rows, "Kitchen", 20)
    # 5 minutes for a main and none for a drink, and ten minutes in each hour.
    assert noon.labor_minutes == pytest.approx(5 * noon.expected_items + 10, rel=0.1)
    assert evening.labor_minutes == pytest.approx(10, abs=10) and evening.decided_by == "minimum"
    assert noon.recommended_heads >= 4 and noon.why.startswith("Friday 12:00 has")
    window = [of(rows, "Window", hour).labor_minutes for hour in (12, 20)]
    assert window[0] < 3 and window[1] == pytest.approx(0.5 * evening.expected_items, rel=0.15)
    assert noon.expected_sales == pytest.approx(10 * noon.expected_items, rel=0.02)
    assert evening.expected_sales == pytest.approx(4 * evening.expected_items, rel=0.1)
    assert noon.labor_cost == 20 * noon.recommended_heads
    assert noon.labor_share == pytest.approx(noon.labor_cost / noon.expected_sales, rel=0.01)


def test_a_holiday_does_not_go_by_its_weekday(store: Store, instance: dg.DagsterInstance, inn: Restaurant) -> None:
    output_of("hours", "set", "daily", "11:00-22:00", "--restaurant", inn.slug)
    rows = staff(store, instance, inn)
    holiday, usual = (of(rows, "Service", 16, day) for day in (8, 15))
    # The only holiday before sold all in the afternoon, and no other Friday sold anything then.
    assert holiday.expected_items > 5 * usual.expected_items
    assert "as on an unusual day" in holiday.why and "unusual" not in usual.why
    assert inputs(store, inn).unusual_days == [dt.date(2026, 5, 8), dt.date(2026, 5, 14)]


def test_an_event_in_the_house_makes_a_day_unusual_if_it_is_rare_and_was_known(
    store: Store, instance: dg.DagsterInstance, inn: Restaurant
) -> None:
    staff(store, instance, inn)
    quiz = [f"Quiz,{AS_OF - dt.timedelta(weeks=n - 1)} 19:00,2026-01-01,{n}" for n in range(6)]
    events = ["name,starts_at,known_at,external_id", *quiz, "Wedding,2026-05-16 15:00,2026-05-01,w"]
    hand_in_kind(store, inn, "restaurant_events", "\n".join([*events, "Flood,2026-05-19 08:00,2026-05-09,f"]) + "\n")
    assert inputs(store, inn).unusual_days == [dt.date(2026, 5, day) for day in (8, 14, 16)]


def test_quarter_hours_go_through_to_the_command_and_the_proof(
    store: Store, instance: dg.DagsterInstance, inn: Restaurant
) -> None:
    output_of("hours", "set", "daily", "11:30-21:45", "--restaurant", inn.slug)
    with store.tenant(inn) as tx:
        store_setting(tx, "labor_period_minutes", 15)
    rows = staff(store, instance, inn)
    assert {row.period_minutes for row in rows} == {15}
    starts = {row.period_start for row in rows if row.role == "Service"}
    assert {dt.time(11, 30), dt.time(21, 30)} <= starts
    with store.tenant(inn) as tx:
        proof = staffing_coverage(tx)
    assert proof.passed and proof.looked_at["open_periods"] == 14 * 41
    shown = output_of("staffing", "--restaurant", inn.slug, "--days", 1)
    assert "heads per quarter hour, p50-p90" in shown and "12:15" in shown
    assert "Their cost isn't known: flux roles set Kitchen --hourly-cost" in shown


def test_what_decided_and_what_heads_cost_is_shown(store: Store, instance: dg.DagsterInstance, inn: Restaurant) -> None:
    for role in ("Kitchen", "Service"):
        output_of("roles", "set", role, "--hourly-cost", "15", "--restaurant", inn.slug)
    rows = staff(store, instance, inn)
    hours = sum(row.recommended_heads for row in rows if row.date == dt.date(2026, 5, 8))
    shown = output_of("staffing", "--restaurant", inn.slug, "--days", 1, "--why")
    assert f"Recommended: {hours:.1f} paid hours for {15 * hours:,.2f} EUR, " in shown
    assert "of forecast sales" in shown and "what decided" in shown and "opening_work" in shown
    header, first = output_of("staffing", "--restaurant", inn.slug, "--csv").splitlines()[:2]
    assert header.endswith("as_of,expected_sales,labor_cost,labor_share,decided_by,why")
    assert len(first.split(",")) >= len(header.split(","))


def test_what_became_known_later_changes_no_look_back(
    store: Store, instance: dg.DagsterInstance, inn: Restaurant
) -> None:
    before = staff(store, instance, inn)
    hand_in_kind(store, inn, "menu", "item,category,price\nStew,Specials,99\nTruffle,Specials,60\n")
    hand_in_kind(store, inn, "restaurant_events", "name,starts_at\nWedding,2026-05-16 15:00\n")
    drop(store, inn.slug, "sales", "later.csv", "date,time,item,quantity,price\n2026-05-09,13:00,Stew,90,1\n")
    assert staff(store, instance, inn) == before


def test_unchanged_inputs_are_equal_and_each_of_them_counts(
    store: Store, instance: dg.DagsterInstance, inn: Restaurant
) -> None:
    staff(store, instance, inn)
    metadata = run_restaurant(instance, inn.slug, AS_OF, only=STAFFING[-1:]).metadata["staffing_forecasts"]
    assert "unchanged_since_run" in metadata
    for change in ({"opening_minutes": 90}, {"channels": ["takeaway"]}, {"maximum_heads": 2}):
        with store.tenant(inn) as tx:
            change_role(tx, "Kitchen", change)
        metadata = run_restaurant(instance, inn.slug, AS_OF, only=STAFFING[-1:]).metadata["staffing_forecasts"]
        assert "unchanged_since_run" not in metadata, change
