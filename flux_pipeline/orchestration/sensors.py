"""Sensor of new work: files in the landing folder, and uploads that wait to be loaded."""

import dagster as dg

from flux_pipeline.feeds.landing import SHARED, LandedFile, landed_files, landed_owners
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.jobs import refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.postgres.reader_limits import look_after_readers
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.uploads.registry import waiting_by_restaurant

# A tick must end well before Dagster's limit of 60 s; the remaining restaurants have their turn half a minute later.
REQUESTS_PER_TICK = 25
SECONDS_BETWEEN_TICKS = 30


@dg.sensor(
    jobs=[refresh_restaurant, refresh_feeds],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    # Whoever starts the daemon wants files noticed; the UI can switch the sensor off.
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def new_upload_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult | dg.SkipReason:
    """Request a run for each restaurant with a landed file or a waiting upload, and one for landed feeds.

    A run loads everything that waits, so one request for each restaurant is enough. Its key names the newest file or
    upload: the same file requests one run, a corrected file another.
    """
    opened = store.open()
    for sentence in look_after_readers(opened.admin_url):
        context.log.warning(sentence)
    landing = opened.settings.landing
    with opened.fleet() as connection:
        slugs = {restaurant.slug for restaurant in list_restaurants(connection, active_only=True)}
        waiting = waiting_by_restaurant(connection)
    keys = {slug: f"upload {upload_id}" for slug, upload_id in waiting.items() if slug in slugs}
    misfiled = []
    for owner in landed_owners(landing):
        files = [file for file in landed_files(landing, owner) if _is_wanted(file)]
        if files and owner in slugs | {SHARED}:
            keys[owner] = "landed " + max(files, key=lambda file: file.modified_ns).version
        elif files:
            misfiled.append(owner)
    if misfiled:
        context.log.warning(
            f"Unknown restaurants have files in {landing}: {', '.join(misfiled)}. Add the restaurants with "
            "`flux restaurants add`, or move the files."
        )
    if not keys:
        return dg.SkipReason(f"No new file in {landing}, and no upload waits.")
    chosen, cursor = in_turn(sorted(keys), int(context.cursor or 0))
    add_partitions(context.instance, [owner for owner in chosen if owner != SHARED])
    return dg.SensorResult(run_requests=[_request(owner, keys[owner]) for owner in chosen], cursor=str(cursor))


def in_turn(owners: list[str], cursor: int) -> tuple[list[str], int]:
    """Return the owners of this tick and the cursor of the next one, so that every owner has a turn."""
    start = cursor % len(owners)
    rotated = owners[start:] + owners[:start]
    chosen = rotated[:REQUESTS_PER_TICK]
    return chosen, (start + len(chosen)) % len(owners)


def _is_wanted(file: LandedFile) -> bool:
    """Return whether a run would load the file; a file of an unknown or misplaced kind is only reported."""
    return file.kind in KINDS and KINDS[file.kind].shared == (file.owner == SHARED)


def _request(owner: str, key: str) -> dg.RunRequest:
    if owner == SHARED:
        return dg.RunRequest(run_key=key, job_name=refresh_feeds.name)
    return dg.RunRequest(run_key=key, job_name=refresh_restaurant.name, partition_key=owner)
