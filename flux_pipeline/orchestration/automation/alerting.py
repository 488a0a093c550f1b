"""Sensor of failed runs: it opens an alert for each failed step, closes it after a success, and sends what is due.

It reads the runs of every job with one indexed query instead of being two of Dagster's run status sensors: these take
five runs a tick, cost a tick each, and pass over the runs of the command line that have no code location.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import dagster as dg
from dagster import DagsterEventType

from flux_pipeline.errors import FluxError, TransientError
from flux_pipeline.notices.mail import send_mail
from flux_pipeline.notices.webhook import send_webhook
from flux_pipeline.orchestration.instance import refusal_of
from flux_pipeline.orchestration.jobs import average_priors, backtest_restaurant, refresh_feeds
from flux_pipeline.orchestration.partitions import PARTITION_TAG
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.records.alerts import Alert, Channel, Severity
from flux_pipeline.settings import Settings, signing_key
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.alerts import (
    claim_attempt,
    close_alert,
    close_operator_alert,
    due_alerts,
    list_alerts,
    open_alert,
    open_operator_alert,
    record_attempt,
)
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.wording import count_of

KIND = "run_failed"
SECONDS_BETWEEN_TICKS = 30
RUNS_PER_TICK = 200
# A run's time is its worker's, whose clock may be behind, and it is read after it is written.
OVERLAP = dt.timedelta(minutes=1)
# A tick must end well before Dagster's limit of 60 s, and one message may take half of it.
SENDING_SECONDS = 20.0
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
OUTCOMES = {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}
WILL_RETRY_TAG = "dagster/will_retry"
# A check that fails opens an alert of its own.
FAILED_CHECK = "DagsterAssetCheckFailedError"


@dataclass(frozen=True)
class Failure:
    """A step that failed, or a run that ended outside of its steps."""

    message: str
    severity: Severity


@dg.sensor(minimum_interval_seconds=SECONDS_BETWEEN_TICKS, default_status=dg.DefaultSensorStatus.RUNNING)
def failed_run_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult:
    """Open alerts for failed runs, close those whose steps succeeded since, and send what is due."""
    opened = store.open()
    if refusal := refusal_of(context.instance, opened):
        return dg.SensorResult(skip_reason=refusal)
    now = dt.datetime.now(dt.UTC)
    cursor = dt.datetime.fromisoformat(context.cursor) if context.cursor else now
    records = context.instance.get_run_records(
        dg.RunsFilter(statuses=FINISHED, updated_after=cursor - OVERLAP),
        limit=RUNS_PER_TICK,
        order_by="update_timestamp",
        ascending=True,
    )
    # A run that is marked later, for example because it was run again, is not a new one.
    runs = [each for each in records if each.end_time is None or each.end_time > (cursor - OVERLAP).timestamp()]
    if runs:
        _note(context.instance, opened, runs)
    sent, problems = send_due(opened)
    for problem in problems:
        context.log.warning(problem)
    done = f"{count_of(len(runs), 'run')} ended, {count_of(sent, 'alert')} sent."
    return dg.SensorResult(
        skip_reason=dg.SkipReason(" ".join([done, *problems])),
        cursor=(records[-1].update_timestamp + OVERLAP if len(records) == RUNS_PER_TICK else now).isoformat(),
    )


def _note(instance: dg.DagsterInstance, store: Store, records: Collection[dg.RunRecord]) -> None:
    """Open and close alerts so that they say how each step ended last; a step may end several times in these runs."""
    with store.fleet() as fleet:
        known = {restaurant.slug for restaurant in list_restaurants(fleet)}
        now_open: dict[str | None, set[str]] = defaultdict(set)
        for alert in list_alerts(fleet, kind=KIND):
            now_open[alert.slug].add(alert.about)
    ends: dict[str | None, dict[str, Failure | None]] = defaultdict(dict)
    for record in sorted(records, key=lambda record: record.end_time or 0):
        run, slug = record.dagster_run, record.dagster_run.tags.get(PARTITION_TAG)
        owner = slug if slug in known else None
        if run.is_success and not (now_open[owner] or ends[owner]):
            continue
        ends[owner] |= _ends(instance, run)
    for owner, each in ends.items():
        if each:
            _write(store, owner, each)


def _ends(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, Failure | None]:
    """Return how each step of a run ended; None is a success. A run that no step has failed counts as one itself."""
    can_wait = {job.name for job in (average_priors, backtest_restaurant, refresh_feeds)}
    severity = Severity.WARNING if run.job_name in can_wait else Severity.CRITICAL
    ends: dict[str, Failure | None] = {}
    # The whole job, or one that is run again from its failed step on.
    if run.is_success and (run.parent_run_id or not run.asset_selection):
        ends[run.job_name] = None
    has_failed_step, reason = False, ""
    for entry in instance.all_logs(run.run_id, of_type=OUTCOMES):
        event = entry.get_dagster_event()
        if event.is_step_success:
            ends[str(event.step_key)] = None
        elif event.is_step_failure:
            has_failed_step = True
            error = event.step_failure_data.error
            if error is None or error.cls_name != FAILED_CHECK:
                ends[str(event.step_key)] = Failure(f"{event.step_key} failed: {reason_of(event)}", severity)
        else:
            reason = event.message or ""
    if not run.is_success and not has_failed_step and run.tags.get(WILL_RETRY_TAG) != "true":
        ends[run.job_name] = Failure(f"{run.job_name} did not end: {reason}", severity)
    return ends


def reason_of(event: dg.DagsterEvent) -> str:
    """Return why a step failed: the step's own sentence, else the message of the error's first cause."""
    failure = event.step_failure_data
    description = failure.user_failure_data.description if failure.user_failure_data else None
    error = failure.error
    while description is None and error is not None and error.cause is not None:
        error = error.cause
    message = description or (error.message.strip() if error else "it failed")
    if error is not None and error.cls_name == TransientError.__name__:
        # Dagster puts the class before the sentence.
        message = message.partition(": ")[2]
    return message


def _write(store: Store, owner: str | None, ends: Mapping[str, Failure | None]) -> None:
    if owner is None:
        with store.feeds() as feeds:
            for about, failure in ends.items():
                if failure is None:
                    close_operator_alert(feeds, KIND, about)
                else:
                    open_operator_alert(feeds, KIND, about, failure.message, failure.severity)
        return
    with store.tenant(owner) as tx:
        for about, failure in ends.items():
            if failure is None:
                close_alert(tx, KIND, about)
            else:
                open_alert(tx, KIND, about, failure.message, failure.severity)


def send_due(store: Store) -> tuple[int, list[str]]:
    """Send each alert that is due by the channels that are set; return how many were sent, and sentences of problems.

    An attempt that fails is repeated later, by the channel that failed.
    """
    channels = _channels(store.settings)
    if not channels:
        return 0, []
    with store.fleet() as fleet:
        due = due_alerts(fleet, channels)
    deadline, sent, problems = time.monotonic() + SENDING_SECONDS, 0, []
    for alert in due:
        if time.monotonic() > deadline:
            break
        if claim_attempt(store, alert):
            done, failed = _send(store.settings, alert, alert.unsent & channels)
            record_attempt(store, alert, done, " ".join(failed) or None)
            sent += not failed
            problems += failed
    return sent, list(dict.fromkeys(problems))


def _channels(settings: Settings) -> frozenset[Channel]:
    is_set = {Channel.WEBHOOK: settings.alert_webhook_url, Channel.EMAIL: settings.alert_email_to}
    return frozenset(channel for channel, value in is_set.items() if value)


def _send(settings: Settings, alert: Alert, channels: Collection[Channel]) -> tuple[list[Channel], list[str]]:
    """Send an alert by each channel; return the channels that took it, and why others did not."""
    done, failed = [], []
    for channel in sorted(channels):
        try:
            if channel is Channel.WEBHOOK:
                url, secret = settings.alert_webhook_url, settings.alert_webhook_secret
                assert url is not None and secret is not None
                send_webhook(url, signing_key(secret), alert)
            else:
                _mail(settings, alert)
            done.append(channel)
        except FluxError as exc:
            failed.append(str(exc))
    return done, failed


def _mail(settings: Settings, alert: Alert) -> None:
    assert settings.smtp_url is not None and settings.alert_email_to is not None
    recipients = settings.alert_email_to.split(",")
    send_mail(settings.smtp_url, settings.alert_email_from or recipients[0], recipients, alert)
