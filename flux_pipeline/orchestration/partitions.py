"""One partition a restaurant; the key is its slug. Days are run config, not partitions (decisions in the README)."""

from collections.abc import Iterable

import dagster as dg

RESTAURANTS = "flux_restaurants"
restaurants_partitions = dg.DynamicPartitionsDefinition(name=RESTAURANTS)


def missing_partitions(instance: dg.DagsterInstance, slugs: Iterable[str]) -> list[str]:
    """The restaurants that have no partition yet, in their order."""
    known = set(instance.get_dynamic_partitions(RESTAURANTS))
    return [slug for slug in slugs if slug not in known]


def add_partitions(instance: dg.DagsterInstance, slugs: Iterable[str]) -> None:
    """Give each restaurant its partition. Idempotent."""
    missing = missing_partitions(instance, slugs)
    if missing:
        instance.add_dynamic_partitions(RESTAURANTS, missing)
