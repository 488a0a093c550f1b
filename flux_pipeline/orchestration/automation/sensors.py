"""Sensors: of new work, in the landing folder or waiting to be loaded, and of restaurants that are left failed."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields

import dagster as dg

from flux_pipeline.feeds.landing import SHARED
from flux_pipeline.orchestration.checks.fleet import FAILED, FOLDERS, outcome_digest, prove_none_failed, report
from flux_pipeline.orchestration.checks.landing import survey_landing
from flux_pipeline.orchestration.instance import refusal_of
from flux_pipeline.orchestration.jobs import refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.partitions import PARTITION_TAG, add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.postgres.reader_limits import look_after_readers
from flux_pipeline.store.records.acts import newest_withdrawals
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.uploads.registry import waiting_by_restaurant
from flux_pipeline.wording import listed

# A tick must end well before Dagster's limit of 60 s; the remaining restaurants have their turn in the next ones.
REQUESTS_PER_TICK = 25
# Whoever drops a file waits for this; a tick takes some 50 ms.
SECONDS_BETWEEN_TICKS = 5
SECONDS_BETWEEN_READERS = 30
SECONDS_BETWEEN_LOOKS = 600
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
FIRST_LOOK = dt.timedelta(days=1)
LONGEST_WITHDRAWAL = dt.timedelta(minutes=10)


@dg.sensor(
    jobs=[refresh_restaurant, refresh_feeds],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    # Whoever starts the daemon wants files noticed; the UI can switch the sensor off.
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def new_upload_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult:
    """Request a run for each restaurant with a landed file, a waiting or a withdrawn upload, and one for landed feeds.

    A run loads everything that waits, so one request for each restaurant is enough. What can't be taken is reported and
    requests nothing, so one restaurant's folder never keeps another's files waiting. A restaurant that has a run is
    passed over until that has ended, because the run may load what is there.
    """
    opened = store.open()
    if refusal := refusal_of(context.instance, opened):
        return dg.SensorResult(skip_reason=refusal)
    now = dt.datetime.now(dt.UTC)
    cursor = Cursor.parse(context.cursor)
    readers = int(now.timestamp() / SECONDS_BETWEEN_READERS)
    if cursor.readers != readers:
        for sentence in look_after_readers(opened.admin_url):
            context.log.warning(sentence)
    landing = opened.settings.landing
    with opened.fleet() as connection:
        slugs = {restaurant.slug for restaurant in list_restaurants(connection, active_only=True)}
        waiting = waiting_by_restaurant(connection)
        withdrawn = newest_withdrawals(connection, _since_last_tick(context))
    survey = survey_landing(landing, slugs)
    work = {slug: [f"upload {upload_id}"] for slug, upload_id in waiting.items() if slug in slugs}
    for owner, versions in survey.work.items():
        work.setdefault(owner, []).extend(versions)
    problems = [*survey.obstacles, *survey.unknown]
    # The log is kept; the reason of a tick that requests nothing says it too.
    for problem in problems if cursor.readers != readers else ():
        context.log.warning(problem)
    digest, folders = outcome_digest(survey.as_proof()), []
    # Dagster forgets an outcome when the asset is made again, so one that is not true is reported again and again.
    if digest != cursor.reported or (survey.unknown and cursor.readers != readers):
        folders.append(report(opened, FOLDERS, survey.as_proof(), dg.AssetCheckSeverity.WARN))
    busy = _busy_owners(context.instance) if work else set()
    free = sorted(work.keys() - busy)
    after = [_request(slug, f"{slug} withdrawal {act}") for slug, act in withdrawn.items() if slug not in work]
    if not free and not after:
        nothing = f"No new file in {landing} can be loaded, and no upload waits."
        waiting_for = f"The runs of {listed(sorted(work))} have not ended." if work else nothing
        return dg.SensorResult(
            skip_reason=" ".join([waiting_for, *problems]),
            asset_events=folders,
            cursor=str(Cursor(cursor.turn, digest, readers)),
        )
    chosen, turn = in_turn(free, cursor.turn) if free else ([], cursor.turn)
    add_partitions(context.instance, {*withdrawn, *chosen} - {SHARED})
    requests = [_request(owner, run_key(owner, work[owner], now)) for owner in chosen]
    remembered = str(Cursor(turn, digest, readers))
    return dg.SensorResult(run_requests=[*after, *requests], asset_events=folders, cursor=remembered)


@dataclass(frozen=True)
class Cursor:
    """What `new_upload_sensor` remembers.

    Attributes:
        turn: whose turn is next.
        reported: the digest of the check's outcome that was reported last.
        readers: the half minute in which the limits of readers were looked after.
    """

    turn: int = 0
    reported: str = ""
    readers: int = 0

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """Read a cursor; one of another version counts as none."""
        words = (text or "").split(" ")
        if len(words) != len(fields(cls)) or not (words[0].isdigit() and words[2].isdigit()):
            return cls()
        return cls(int(words[0]), words[1], int(words[2]))

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.turn} {self.reported} {self.readers}"


def _busy_owners(instance: dg.DagsterInstance) -> set[str]:
    """Return the owners whose run waits or has not ended."""
    runs = [
        run
        for job in (refresh_restaurant, refresh_feeds)
        for run in instance.get_runs(dg.RunsFilter(job_name=job.name, statuses=UNFINISHED))
    ]
    return {run.tags.get(PARTITION_TAG, SHARED) for run in runs}


def _since_last_tick(context: dg.SensorEvaluationContext) -> dt.datetime:
    """Return the moment since which withdrawals count: some time before the last tick, or a day before the first.

    A withdrawal is committed a while after it was noted. One that is found twice is requested once, by its key.
    """
    ended = context.last_tick_completion_time
    now = dt.datetime.now(dt.UTC)
    return now - FIRST_LOOK if ended is None else dt.datetime.fromtimestamp(ended, dt.UTC) - LONGEST_WITHDRAWAL


@dg.sensor(
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failed_restaurant_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult:
    """Report the check `no_restaurant_left_failed`: at each look while it is not true, else once a day."""
    opened = store.open()
    if refusal := refusal_of(context.instance, opened):
        return dg.SensorResult(skip_reason=refusal)
    proof = prove_none_failed(opened)
    cursor = f"{dt.datetime.now(dt.UTC):%Y-%m-%d} {outcome_digest(proof)}"
    if cursor == context.cursor and proof.passed:
        return dg.SensorResult(skip_reason="No restaurant is left failed.")
    return dg.SensorResult(
        skip_reason=proof.message or "No restaurant is left failed.",
        asset_events=[report(opened, FAILED, proof)],
        cursor=cursor,
    )


def in_turn(owners: list[str], cursor: int) -> tuple[list[str], int]:
    """Return the owners of this tick and the cursor of the next one, so that every owner has a turn."""
    start = cursor % len(owners)
    rotated = owners[start:] + owners[:start]
    chosen = rotated[:REQUESTS_PER_TICK]
    return chosen, (start + len(chosen)) % len(owners)


def run_key(owner: str, work: Iterable[str], now: dt.datetime) -> str:
    """Return the key of an owner's run: the same for the same work, for an hour.

    The same files and uploads request one run, and any other file another, whatever time it claims to be from. What a
    run has left, for example because the disk was full, requests another run every hour.
    """
    digest = hashlib.sha256("\n".join(sorted(work)).encode()).hexdigest()
    return f"{owner} {now:%Y-%m-%dT%H} {digest[:16]}"


def _request(owner: str, key: str) -> dg.RunRequest:
    if owner == SHARED:
        return dg.RunRequest(run_key=key, job_name=refresh_feeds.name)
    return dg.RunRequest(run_key=key, job_name=refresh_restaurant.name, partition_key=owner)
