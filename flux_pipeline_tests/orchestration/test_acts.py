"""Acts from the UI: each is done once, in a person's name, and refused in a sentence that names no row."""

import datetime as dt
from copy import deepcopy
from typing import Any

import dagster as dg
import pytest

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import run_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.access.people import add_user, join_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import loaded_uploads
from flux_pipeline_tests.orchestration.conftest import LAST, drop
from flux_pipeline_tests.store.handing_in import ask
from flux_pipeline_tests.store.publishing import TEA, forecast_of, publish, put_on_the_menu

pytestmark = pytest.mark.usefixtures("no_pictures")

KIM = "kim@bistro.example"
OPS = {"decide_forecasts": "decide", "withdraw_upload": "withdraw", "backfill_forecasts": "backfill"}
BY_DAY = "SELECT as_of, count(DISTINCT algorithm_run_id), bool_and(is_retrospective) FROM demand_forecasts GROUP BY 1"


def launch(instance: dg.DagsterInstance, job: str, **typed: Any) -> dg.ExecuteInProcessResult:
    """Launch a job for the bistro with the launchpad's config, in which a person changed these keys."""
    add_partitions(instance, ["bistro"])
    definition = build_defs().resolve_job_def(job)
    assert definition.partitioned_config
    config: Any = deepcopy(definition.partitioned_config.get_run_config_for_partition_key("bistro"))
    config["ops"][OPS[job]]["config"] |= typed
    return definition.execute_in_process(
        run_config=config, instance=instance, partition_key="bistro", raise_on_error=False
    )


def test_a_run_without_a_restaurant_is_refused(store: Store, instance: dg.DagsterInstance) -> None:
    result = (
        build_defs().resolve_job_def("decide_forecasts").execute_in_process(instance=instance, raise_on_error=False)
    )
    assert refusal(result) == "No restaurant was chosen: choose its partition and launch the run again."


def refusal(result: dg.ExecuteInProcessResult) -> str:
    [failure] = result.get_step_failure_events()
    data = failure.step_failure_data.user_failure_data
    assert data, failure.step_failure_data.error
    return str(data.description)


def load_sales(store: Store, instance: dg.DagsterInstance) -> None:
    lines = [f"{LAST - dt.timedelta(days=back)},{TEA},{3 + back % 4},2.50" for back in range(40)]
    drop(store, "bistro", "sales", "sales.csv", "\n".join(["date,item,quantity,price", *lines]))
    assert run_restaurant(instance, "bistro", LAST).succeeded


@pytest.fixture
def kim(store: Store, bistro: Restaurant) -> str:
    add_user(store, KIM, "Kim", "staff", None)
    join_restaurant(store, KIM, "bistro", "manager")
    return KIM


@pytest.mark.parametrize(
    ("job", "typed", "sentence"),
    [
        ("decide_forecasts", {}, "by is 'name@example.org'; expected the address of the person who decides."),
        ("decide_forecasts", {"by": KIM}, "date is 'YYYY-MM-DD'; expected a date like 2026-03-31."),
        ("withdraw_upload", {}, "upload is 'ID'; expected the id of an upload"),
        ("withdraw_upload", {"upload": "abcd"}, "by is 'name@example.org'; expected the person who withdraws it."),
        (
            "withdraw_upload",
            {"upload": "abcd", "by": "Kim"},
            "No upload has an id that begins with 'abcd' and is of bis",
        ),
        ("withdraw_upload", {"upload": "abcd", "by": "x" * 400}, "by is 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…';"),
        ("backfill_forecasts", {}, "first_day is 'YYYY-MM-DD'; expected a date like 2026-03-31."),
        (
            "backfill_forecasts",
            {"first_day": "2026-06-30", "last_day": "2026-06-01"},
            "last_day 2026-06-01 is before first_day 2026-06-30.",
        ),
        (
            "backfill_forecasts",
            {"first_day": "2024-06-30", "last_day": "2026-06-01"},
            "are 702 days; expected at most 400.",
        ),
        (
            "backfill_forecasts",
            {"first_day": "2999-06-01", "last_day": "2999-06-02"},
            "last_day 2999-06-02 is not over",
        ),
    ],
)
def test_what_is_not_filled_in_or_out_of_bounds_is_refused_in_a_sentence(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, job: str, typed: dict[str, str], sentence: str
) -> None:
    assert sentence in refusal(launch(instance, job, **typed))
    with store.fleet() as fleet:
        assert not [act for act in list_acts(fleet, slug="bistro") if act.action != "restaurants.add"]


def test_a_person_approves_the_forecasts_of_a_day(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, kim: str
) -> None:
    as_of = bistro.last_complete_business_day(dt.datetime.now(dt.UTC))
    items = put_on_the_menu(store, bistro)
    publish(store, bistro, forecast_of(items, as_of), as_of, items=items)
    tomorrow = (as_of + dt.timedelta(days=2)).isoformat()
    assert launch(instance, "decide_forecasts", date=tomorrow, by=kim).success
    decided = "SELECT count(*) FROM demand_forecasts WHERE status = 'approved' AND decided_by IS NOT NULL"
    assert ask(store, bistro, decided) == [(len(items),)]
    with store.fleet() as fleet:
        act, *_ = list_acts(fleet, slug="bistro")
    assert (act.actor, act.action, act.after["from"]) == (kim, "forecasts.approve", tomorrow)
    opposite = launch(instance, "decide_forecasts", date=tomorrow, by=kim, item=TEA, decision="reject")
    assert refusal(opposite).startswith("1 of these rows were approved by a person. Nothing was changed.")
    unknown = refusal(launch(instance, "decide_forecasts", date=tomorrow, by=kim, item="cake"))
    assert unknown.startswith(f"The forecast as of {as_of} has no item called 'cake'.")
    assert "50% off" not in unknown
    assert launch(instance, "decide_forecasts", date="", by=kim, decision="reject", again=True).success
    assert ask(store, bistro, "SELECT DISTINCT status FROM demand_forecasts WHERE is_current") == [("rejected",)]


def tick_sensor(instance: dg.DagsterInstance) -> dg.SensorResult:
    sensor = build_defs().get_repository_def().get_sensor_def("new_upload_sensor")
    with dg.build_sensor_context(instance=instance, resources={"store": StoreResource()}) as context:
        return sensor(context)  # type: ignore[return-value]


def test_a_withdrawal_starts_the_run_that_it_makes_necessary_once(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant
) -> None:
    load_sales(store, instance)
    assert not tick_sensor(instance).run_requests
    with store.tenant(bistro) as tx:
        [upload] = loaded_uploads(tx, "sales")
    assert launch(instance, "withdraw_upload", upload=str(upload.id)[:8], by="Kim").success
    assert ask(store, bistro, "SELECT count(*) FROM transaction_items") == [(0,)]
    with store.fleet() as fleet:
        act, *_ = list_acts(fleet, slug="bistro")
    assert (act.actor, act.action) == ("Kim", "uploads.withdraw")
    first, second = tick_sensor(instance), tick_sensor(instance)
    [request] = first.run_requests or []
    assert (request.job_name, request.partition_key) == ("refresh_restaurant", "bistro")
    # Dagster starts one run for each key.
    assert [each.run_key for each in second.run_requests or []] == [request.run_key]


def test_a_range_of_days_is_forecast_in_hindsight_and_once(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    load_sales(store, instance)
    days = {"first_day": f"{LAST - dt.timedelta(days=2)}", "last_day": f"{LAST}"}
    assert launch(instance, "backfill_forecasts", **days).success
    expected = [(LAST - dt.timedelta(days=back), 1, True) for back in (2, 1, 0)]
    assert sorted(ask(store, bistro, BY_DAY)) == expected
    again = launch(instance, "backfill_forecasts", **days)
    assert sorted(ask(store, bistro, BY_DAY)) == expected
    logged = [entry.user_message for entry in instance.all_logs(again.run_id)]
    assert f"Day 2 of 3: as of {LAST - dt.timedelta(days=1)}, unchanged." in logged
