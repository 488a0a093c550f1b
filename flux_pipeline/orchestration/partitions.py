"""Partitions of the assets: one for each restaurant, keyed by slug. Days are run config (`as_of`), not partitions."""

from collections.abc import Iterable

import dagster as dg

RESTAURANTS = "flux_restaurants"
# The tag by which Dagster says of a run whose it is.
PARTITION_TAG = "dagster/partition"
restaurants_partitions = dg.DynamicPartitionsDefinition(name=RESTAURANTS)


def add_partitions(instance: dg.DagsterInstance, slugs: Iterable[str]) -> None:
    """Add a partition for each restaurant that has none. Idempotent."""
    known = set(instance.get_dynamic_partitions(RESTAURANTS))
    missing = [slug for slug in slugs if slug not in known]
    if missing:
        instance.add_dynamic_partitions(RESTAURANTS, missing)


def sync_partitions(instance: dg.DagsterInstance, active: Iterable[str]) -> None:
    """Add a partition for each active restaurant that has none, and remove all others. Idempotent.

    Runs and results of a removed partition are kept, and seen again with it.
    """
    wanted, known = set(active), set(instance.get_dynamic_partitions(RESTAURANTS))
    if missing := sorted(wanted - known):
        instance.add_dynamic_partitions(RESTAURANTS, missing)
    for slug in sorted(known - wanted):
        instance.delete_dynamic_partition(RESTAURANTS, slug)
