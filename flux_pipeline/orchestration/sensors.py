"""What is noticed: a file in the landing folder, an upload that waits to be loaded."""

import dagster as dg

from flux_pipeline.feeds.landing import SHARED, landed_files, landed_owners
from flux_pipeline.orchestration.jobs import refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.restaurants import list_restaurants
from flux_pipeline.store.waiting import waiting_by_restaurant

# A tick must stay far below Dagster's 60 s limit; the rest follows half a minute later.
REQUESTS_PER_TICK = 25
SECONDS_BETWEEN_TICKS = 30


@dg.sensor(
    jobs=[refresh_restaurant, refresh_feeds],
    minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
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
    unknown = []
    for owner in landed_owners(landing):
        files = landed_files(landing, owner)
        if files and owner in slugs | {SHARED}:
            keys[owner] = "landed " + max(files, key=lambda file: file.path.stat().st_mtime_ns).version
        elif files:
            unknown.append(owner)
    if unknown:
        context.log.warning(f"Files of no known restaurant are in {', '.join(unknown)} of the landing folder.")
    if not keys:
        return dg.SkipReason(f"No new file in {landing}, no upload waiting.")
    chosen = sorted(keys)[:REQUESTS_PER_TICK]
    add_partitions(context.instance, [owner for owner in chosen if owner != SHARED])
    return dg.SensorResult(run_requests=[_request(owner, keys[owner]) for owner in chosen])


def _request(owner: str, key: str) -> dg.RunRequest:
    if owner == SHARED:
        return dg.RunRequest(run_key=key, job_name=refresh_feeds.name)
    return dg.RunRequest(run_key=key, job_name=refresh_restaurant.name, partition_key=owner)
