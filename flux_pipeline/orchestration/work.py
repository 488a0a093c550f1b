"""Work of an asset that is partitioned by restaurant: the asset's decorator and its step's task."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.described import described_asset
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant


def restaurant_asset(
    *,
    kinds: set[str],
    docs: str = "files.md",
    deps: Sequence[dg.AssetsDefinition] = (),
    tags: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function an asset, which a run materializes for one restaurant.

    Args:
        kinds: the labels in the UI.
        docs: the page of `docs/` about it.
        deps: the assets whose tables it reads.
        tags: by which jobs select it.
    """
    return described_asset(
        docs=docs,
        partitions_def=restaurants_partitions,
        kinds=kinds,
        deps=deps,
        tags=tags,
        retry_policy=RETRY_TRANSIENT,
    )


@dataclass(frozen=True)
class Work:
    """The task of a step: a restaurant, up to a business day."""

    store: Store
    restaurant: Restaurant
    as_of: dt.date
    started_at: dt.datetime
    dagster_run_id: str

    @property
    def known_at(self) -> dt.datetime:
        """The moment as known at which facts are used: the run's start or, in a look back, the business day's end."""
        return self.restaurant.end_of_business_day(self.as_of) if self.is_retrospective else self.started_at

    @property
    def is_retrospective(self) -> bool:
        """Whether the day is long over: such a forecast was not published in time and must not count as if it were."""
        return self.as_of < self.restaurant.last_complete_business_day(self.started_at)

    def up_to_now(self) -> "Work":
        """Return the same task up to the last complete business day, even in a look back."""
        return replace(self, as_of=self.restaurant.last_complete_business_day(self.started_at))


def current_work(context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay) -> Work:
    """Return the task of the running step.

    Its moment is the start of the run and not now, so that all steps and retries of a run agree on the day.
    """
    opened = store.open()
    restaurant = opened.restaurant(context.partition_key)
    record = context.instance.get_run_record_by_id(context.run.run_id)
    started_at = record.create_timestamp if record else dt.datetime.now(dt.UTC)
    return Work(opened, restaurant, business_day.of(restaurant, started_at), started_at, context.run.run_id)
