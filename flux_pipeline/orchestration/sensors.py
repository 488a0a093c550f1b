"""What is noticed: a file in the landing folder, an upload that waits to be loaded."""

import dagster as dg

from flux_pipeline.feeds.landing import SHARED, LandedFile, landed_files, landed_owners
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.orchestration.jobs import refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.uploads.registry import waiting_by_restaurant

# A tick must stay far below Dagster's 60 s limit; who is not among these has its turn half a minute later.
REQUESTS_PER_TICK = 25
SECONDS_BETWEEN_TICKS = 30


@dg.sensor(
    jobs=[refresh_restaurant, refresh_feeds],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
    # Whoever starts the daemon wants files noticed; the UI switches it off.
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def new_upload_sensor(context: dg.SensorEvaluationContext, store: StoreResource) -> dg.SensorResult | dg.SkipReason:
    """Requests a run for every restaurant with a landed file or a waiting upload, and one for landed feeds.

    A run takes in everything that waits, so one request a restaurant is enough. Its key names the newest of what it
    waits for: the same file is asked for once, a corrected one anew.
    """
    opened = store.open()
    landing = opened.settings.landing
    with opened.fleet() as connection:
        slugs = {restaurant.slug for restaurant in list_restaurants(connection, active_only=True)}
        waiting = waiting_by_restaurant(connection)
    keys = {slug: f"upload {upload_id}" for slug, upload_id in waiting.items() if slug in slugs}
    strange = []
    for owner in landed_owners(landing):
        files = [file for file in landed_files(landing, owner) if _is_wanted(file)]
        if files and owner in slugs | {SHARED}:
            keys[owner] = "landed " + max(files, key=lambda file: file.modified_ns).version
        elif files:
            strange.append(owner)
    if strange:
        context.log.warning(f"Files of no known restaurant are in {', '.join(strange)} of the landing folder.")
    if not keys:
        return dg.SkipReason(f"No new file in {landing}, no upload waiting.")
    chosen, cursor = in_turn(sorted(keys), int(context.cursor or 0))
    add_partitions(context.instance, [owner for owner in chosen if owner != SHARED])
    return dg.SensorResult(run_requests=[_request(owner, keys[owner]) for owner in chosen], cursor=str(cursor))


def in_turn(owners: list[str], cursor: int) -> tuple[list[str], int]:
    """The next owners to ask for, and where the next tick goes on: nobody waits behind those who always do."""
    start = cursor % len(owners)
    turned = owners[start:] + owners[:start]
    chosen = turned[:REQUESTS_PER_TICK]
    return chosen, (start + len(chosen)) % len(owners)


def _is_wanted(file: LandedFile) -> bool:
    """Whether a run would take it in; a file in the folder of no or the wrong kind only gets reported."""
    return file.kind in KINDS and KINDS[file.kind].shared == (file.owner == SHARED)


def _request(owner: str, key: str) -> dg.RunRequest:
    if owner == SHARED:
        return dg.RunRequest(run_key=key, job_name=refresh_feeds.name)
    return dg.RunRequest(run_key=key, job_name=refresh_restaurant.name, partition_key=owner)
