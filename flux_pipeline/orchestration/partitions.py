"""Partitions of the assets: one a restaurant, whose key is its slug. Days are run config (`as_of`), not partitions."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.step import RETRY_TRANSIENT

RESTAURANTS = "flux_restaurants"
restaurants_partitions = dg.DynamicPartitionsDefinition(name=RESTAURANTS)


def restaurant_asset(
    *, kinds: set[str], deps: Sequence[dg.AssetsDefinition] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Make a function an asset that each run materializes for one restaurant.

    Args:
        kinds: what the UI labels it with.
        deps: the assets whose tables it reads.
    """
    return dg.asset(partitions_def=restaurants_partitions, kinds=kinds, deps=deps, retry_policy=RETRY_TRANSIENT)


def add_partitions(instance: dg.DagsterInstance, slugs: Iterable[str]) -> None:
    """Give each restaurant its partition. Idempotent."""
    known = set(instance.get_dynamic_partitions(RESTAURANTS))
    missing = [slug for slug in slugs if slug not in known]
    if missing:
        instance.add_dynamic_partitions(RESTAURANTS, missing)
