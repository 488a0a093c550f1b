"""Sensor of new work: files in the landing folder, and uploads that wait to be loaded."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from flux_pipeline.errors import FluxError
from flux_pipeline.feeds.landing import SHARED, LandedFile, landed_files, landed_owners
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.jobs import refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.postgres.reader_limits import look_after_readers
from flux_pipeline.store.records.acts import newest_withdrawals
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.uploads.registry import waiting_by_restaurant
from flux_pipeline.wording import shown_name

# A tick must end well before Dagster's limit of 60 s; the remaining restaurants have their turn half a minute later.
REQUESTS_PER_TICK = 25
SECONDS_BETWEEN_TICKS = 30
FIRST_LOOK = dt.timedelta(days=1)
LONGEST_WITHDRAWAL = dt.timedelta(minutes=10)


@dg.sensor(
    jobs=[refresh_restaurant, refresh_feeds],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    # Whoever starts the daemon wants files noticed; the UI can switch the sensor off.
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def new_upload_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult | dg.SkipReason:
    """Request a run for each restaurant with a landed file, a waiting or a withdrawn upload, and one for landed feeds.

    A run loads everything that waits, so one request for each restaurant is enough. What can't be taken is reported and
    requests nothing, so one restaurant's folder never keeps another's files waiting.
    """
    opened = store.open()
    for sentence in look_after_readers(opened.admin_url):
        context.log.warning(sentence)
    landing = opened.settings.landing
    with opened.fleet() as connection:
        slugs = {restaurant.slug for restaurant in list_restaurants(connection, active_only=True)}
        waiting = waiting_by_restaurant(connection)
        withdrawn = newest_withdrawals(connection, _since_last_tick(context))
    work = {slug: [f"upload {upload_id}"] for slug, upload_id in waiting.items() if slug in slugs}
    problems = _look_around(landing, slugs | {SHARED}, work)
    for problem in problems:
        context.log.warning(problem)
    after = [_request(slug, f"{slug} withdrawal {act}") for slug, act in withdrawn.items() if slug not in work]
    if after:
        add_partitions(context.instance, withdrawn)
    if after and not work:
        return dg.SensorResult(run_requests=after)
    if not work:
        nothing = f"No new file in {landing} can be loaded, and no upload waits."
        return dg.SkipReason(" ".join([nothing, *problems]))
    chosen, cursor = in_turn(sorted(work), int(context.cursor or 0))
    add_partitions(context.instance, [owner for owner in chosen if owner != SHARED])
    now = dt.datetime.now(dt.UTC)
    requests = [_request(owner, run_key(owner, work[owner], now)) for owner in chosen]
    return dg.SensorResult(run_requests=[*after, *requests], cursor=str(cursor))


def _since_last_tick(context: dg.SensorEvaluationContext) -> dt.datetime:
    """Return the moment since which withdrawals count: some time before the last tick, or a day before the first.

    A withdrawal is committed a while after it was noted. One that is found twice is requested once, by its key.
    """
    ended = context.last_tick_completion_time
    now = dt.datetime.now(dt.UTC)
    return now - FIRST_LOOK if ended is None else dt.datetime.fromtimestamp(ended, dt.UTC) - LONGEST_WITHDRAWAL


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


def _look_around(landing: Path, known: set[str], work: dict[str, list[str]]) -> list[str]:
    """Add the landed files of each known owner to its work; return sentences about what no run will take."""
    try:
        owners = landed_owners(landing)
    except FluxError as exc:
        return [str(exc)]
    problems, unknown = [], []
    for owner in owners:
        landed = landed_files(landing, owner)
        problems += [f"{shown_name(owner)}: {obstacle}" for obstacle in landed.obstacles]
        files = [file for file in landed.files if _is_wanted(file)]
        if files and owner in known:
            work.setdefault(owner, []).extend(file.version for file in files)
        elif files:
            unknown.append(shown_name(owner))
    if unknown:
        problems.append(
            f"Unknown restaurants have files in {landing}: {', '.join(unknown)}. Add the restaurants with "
            "`flux restaurants add`, or move the files."
        )
    return problems


def _is_wanted(file: LandedFile) -> bool:
    """Return whether a run would load the file; a file of an unknown or misplaced kind is only reported."""
    return file.kind in KINDS and KINDS[file.kind].shared == (file.owner == SHARED)


def _request(owner: str, key: str) -> dg.RunRequest:
    if owner == SHARED:
        return dg.RunRequest(run_key=key, job_name=refresh_feeds.name)
    return dg.RunRequest(run_key=key, job_name=refresh_restaurant.name, partition_key=owner)
