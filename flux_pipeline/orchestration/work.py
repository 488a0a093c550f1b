"""Work of an asset that is partitioned by restaurant: its decorator, and the task of its step."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant


def restaurant_asset(
    *, kinds: set[str], deps: Sequence[dg.AssetsDefinition] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Make a function an asset that each run materializes for one restaurant.

    Args:
        kinds: what the UI labels it with.
        deps: the assets whose tables it reads.
    """
    return dg.asset(partitions_def=restaurants_partitions, kinds=kinds, deps=deps, retry_policy=RETRY_TRANSIENT)


@dataclass(frozen=True)
class Work:
    """One step's task: this restaurant, up to this business day."""

    store: Store
    restaurant: Restaurant
    as_of: dt.date
    started_at: dt.datetime
    dagster_run_id: str

    @property
    def known_at(self) -> dt.datetime:
        """What became known later is not used: later than now, or in a look back than the end of that business day."""
        return self.restaurant.end_of_business_day(self.as_of) if self.is_retrospective else self.started_at

    @property
    def is_retrospective(self) -> bool:
        """Whether the day was long over: such a forecast was never published in time and must not count as such."""
        return self.as_of < self.restaurant.last_complete_business_day(self.started_at)

    def up_to_now(self) -> "Work":
        """Return the same task up to the last complete business day, also in a look back."""
        return replace(self, as_of=self.restaurant.last_complete_business_day(self.started_at))


def current_work(context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay) -> Work:
    """Return the task of the step that runs.

    The clock is the run's start and not now: all steps and retries of a run then agree on the day.
    """
    opened = store.open()
    restaurant = opened.restaurant(context.partition_key)
    record = context.instance.get_run_record_by_id(context.run.run_id)
    started_at = record.create_timestamp if record else dt.datetime.now(dt.UTC)
    return Work(opened, restaurant, business_day.of(restaurant, started_at), started_at, context.run.run_id)
