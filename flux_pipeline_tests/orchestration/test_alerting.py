"""The sensor of failed runs: an alert for each failed step until it succeeds, and one message for each alert."""

import datetime as dt
import json
from collections.abc import Callable

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.orchestration.automation import alerting
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import load_uploads, run_restaurant
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.records.alerts import Alert, AlertStatus
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.alerts import list_alerts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.receivers import mail_receiver, webhook_receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LATE = PermanentError("No sales were found. Upload them.")


class Sensor:
    """The sensor with the cursor that Dagster keeps between its ticks, and with fresh settings at each."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> str:
        sensor = build_defs().get_repository_def().get_sensor_def("failed_run_sensor")
        resources = {"store": StoreResource()}
        with dg.build_sensor_context(self.instance, cursor=self.cursor, resources=resources) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult) and isinstance(result.skip_reason, dg.SkipReason)
        self.cursor = result.cursor
        return str(result.skip_reason.skip_message)


@pytest.fixture
def sensor(instance: dg.DagsterInstance) -> Sensor:
    return Sensor(instance)


def run(instance: dg.DagsterInstance, slug: str | None, **outcomes: Exception | None) -> None:
    """Run a job with a step for each outcome, as the steps of an asset end."""
    with_partition = {"dagster/partition": slug} if slug else {}

    def op_of(name: str, error: Exception | None) -> dg.OpDefinition:
        @dg.op(name=name)
        def work() -> None:
            with step():
                if error is not None:
                    raise error

        return work

    ops = [op_of(name, error) for name, error in outcomes.items()]

    @dg.job(name="refresh_restaurant" if slug else "refresh_feeds", tags=with_partition)
    def job() -> None:
        for op in ops:
            op()

    job.execute_in_process(instance=instance, raise_on_error=False)


def alerts(store: Store, *, with_closed: bool = False) -> list[Alert]:
    with store.fleet() as fleet:
        return list_alerts(fleet, with_closed=with_closed)


def messages(store: Store) -> list[tuple[str | None, str, str]]:
    return sorted((each.slug, each.about, each.message) for each in alerts(store) if each.kind == "run_failed")


def test_a_failed_run_is_an_alert_until_the_same_step_succeeds(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant, cafe: Restaurant
) -> None:
    assert "0 runs ended" in sensor.tick()
    run(instance, "bistro", demand_forecasts=LATE, transactions=None)
    run(instance, "cafe", demand_forecasts=TransientError("The disk is full."))
    assert "2 runs ended" in sensor.tick()
    expected = [
        ("bistro", "demand_forecasts", "demand_forecasts failed: No sales were found. Upload them."),
        ("cafe", "demand_forecasts", "demand_forecasts failed: The disk is full."),
    ]
    assert messages(store) == expected
    # The success of a part of the job says nothing about the step that failed, nor does another restaurant's.
    run(instance, "bistro", transactions=None)
    run(instance, "cafe", demand_forecasts=None)
    sensor.tick()
    assert messages(store) == expected[:1]
    run(instance, "bistro", demand_forecasts=None)
    for _ in range(2):
        sensor.tick()
    assert [each.status for each in alerts(store, with_closed=True)] == [AlertStatus.CLOSED] * 2


def test_a_failure_that_was_over_before_the_tick_is_no_alert(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant
) -> None:
    run(instance, "bistro", transactions=LATE)
    run(instance, "bistro", transactions=None)
    sensor.tick()
    assert alerts(store, with_closed=True) == []


def test_failures_of_feeds_and_of_unknown_restaurants_are_the_operators(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant
) -> None:
    run(instance, None, weather_data=LATE)
    run(instance, "nobody", transactions=LATE)
    sensor.tick()
    assert [(slug, about) for slug, about, _ in messages(store)] == [(None, "transactions"), (None, "weather_data")]
    run(instance, None, weather_data=None)
    sensor.tick()
    assert [about for _, about, _ in messages(store)] == ["transactions"]


def test_a_run_that_was_killed_is_an_alert_unless_dagster_runs_it_again(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant
) -> None:
    @dg.job
    def refresh_restaurant() -> None:
        pass

    for tags in ({}, {"dagster/will_retry": "true"}):
        tags |= {"dagster/partition": "bistro"}
        killed = instance.create_run_for_job(refresh_restaurant, status=dg.DagsterRunStatus.STARTED, tags=tags)
        instance.report_run_failed(killed, "The command that ran this was killed; run it again.")
    sensor.tick()
    ((_, about, message),) = messages(store)
    assert about == "refresh_restaurant" and message.endswith("The command that ran this was killed; run it again.")
    run(instance, "bistro", transactions=None)
    sensor.tick()
    assert messages(store) == []


def test_more_runs_than_a_tick_takes_are_noticed_by_the_next_ones(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "RUNS_PER_TICK", 1)
    for error, about in ((LATE, "transactions"), (LATE, "demand_forecasts"), (None, "transactions")):
        run(instance, "bistro", **{about: error})
    found = []
    for _ in range(4):
        sensor.tick()
        found.append(sorted(about for _, about, _ in messages(store)))
    assert found == [["transactions"], ["demand_forecasts", "transactions"], ["demand_forecasts"], ["demand_forecasts"]]


def test_a_failed_check_is_left_to_the_check(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant
) -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("every_file_was_read", asset="transactions", blocking=True)])
    def transactions() -> dg.MaterializeResult:
        return dg.MaterializeResult(
            check_results=[dg.AssetCheckResult(passed=False, check_name="every_file_was_read")],
        )

    done = dg.materialize([transactions], instance=instance, tags={"dagster/partition": "bistro"}, raise_on_error=False)
    assert not done.success
    sensor.tick()
    assert alerts(store) == []


def test_a_run_of_the_command_line_is_noticed(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant
) -> None:
    assert not run_restaurant(instance, "bistro", dt.date(2099, 1, 1)).succeeded
    sensor.tick()
    ((slug, about, message),) = messages(store)
    assert (slug, about) == ("bistro", "data_uploads") and "as_of 2099-01-01 is not over" in message
    drop(store, "bistro", "sales", "a.csv", "date,item,quantity,price\n2026-03-01,Tea,1,2\n")
    assert load_uploads(instance, "bistro").succeeded
    sensor.tick()
    assert messages(store) == []


def in_a_while(store: Store, restaurant: Restaurant) -> None:
    with store.tenant(restaurant) as tx:
        tx.connection.execute(text("UPDATE alerts SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"))


def test_an_alert_is_sent_once_by_each_channel_and_again_only_by_the_one_that_failed(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(instance, "bistro", transactions=LATE)
    assert sensor.tick() == "1 run ended, 0 alerts sent."
    with webhook_receiver() as web, mail_receiver(extensions=("AUTH PLAIN",)) as post:
        set_channels(monkeypatch.setenv, web.url, post.url)
        web.answers, post.answers = [503, 204], [250]
        first = sensor.tick()
        assert "0 alerts sent. The webhook at 127.0.0.1 answered 503" in first
        assert "answered 503" in str(alerts(store)[0].delivery_error)
        assert sensor.tick().endswith("0 alerts sent.")
        in_a_while(store, bistro)
        assert sensor.tick().endswith("1 alert sent.")
        # The same failure each night is the same cause.
        run(instance, "bistro", transactions=LATE)
        in_a_while(store, bistro)
        sensor.tick()
        assert (len(web.requests), len(post.mails)) == (2, 1)
        run(instance, "bistro", transactions=None)
        sensor.tick()
        run(instance, "bistro", transactions=LATE)
        sensor.tick()
    assert (len(web.requests), len(post.mails)) == (3, 2)
    ids = [json.loads(body)["data"]["id"] for _, _, body in web.requests]
    assert ids[0] == ids[1] != ids[2]
    assert alerts(store)[0].delivery_error is None


def set_channels(setenv: Callable[[str, str], None], web: str, post: str) -> None:
    setenv("FLUX_ALERT_WEBHOOK_URL", web)
    setenv("FLUX_ALERT_WEBHOOK_SECRET", SECRET)
    setenv("FLUX_ALERT_EMAIL_TO", "kim@bistro.example")
    setenv("FLUX_SMTP_URL", post)


def test_an_idle_tick_is_one_query_of_dagsters_runs(
    store: Store, instance: dg.DagsterInstance, sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensor.tick()
    began = dt.datetime.now(dt.UTC)
    # Without a channel not even Flux's database is asked: there is none at this address.
    monkeypatch.setenv("FLUX_DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/flux")
    assert sensor.tick() == "0 runs ended, 0 alerts sent."
    assert sensor.cursor is not None and dt.datetime.fromisoformat(sensor.cursor) >= began
