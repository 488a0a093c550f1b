"""Work of an asset that is partitioned by restaurant: the asset's decorator and its step's task."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg

from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant, restaurant_of
from flux_pipeline.wording import shown_name


def restaurant_asset(
    *, kinds: set[str], deps: Sequence[dg.AssetsDefinition] = (), tags: Mapping[str, str] | None = None
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function an asset, which a run materializes for one restaurant.

    Args:
        kinds: the labels in the UI.
        deps: the assets whose tables it reads.
        tags: by which jobs select it.
    """
    return dg.asset(
        partitions_def=restaurants_partitions, kinds=kinds, deps=deps, tags=tags, retry_policy=RETRY_TRANSIENT
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
    """Return the task of the running step. Every step calls it, so a wrong restaurant or day is refused by the first.

    Its moment is the start of the run and not now, so that all steps and retries of a run agree on the day.

    Raises:
        PermanentError: the partition is no restaurant, or `as_of` is not a day that is over.
    """
    opened = store.open()
    restaurant = restaurant_of_run(context, opened)
    started_at = started_at_of(context)
    return Work(opened, restaurant, business_day.of(restaurant, started_at), started_at, context.run.run_id)


def restaurant_of_run(context: dg.AssetExecutionContext | dg.OpExecutionContext, store: Store) -> Restaurant:
    """Return the restaurant that is the run's partition.

    Raises:
        PermanentError: no partition was chosen, or it is no restaurant; the message names no other.
    """
    if not context.has_partition_key:
        raise PermanentError("No restaurant was chosen: choose its partition and launch the run again.")
    slug = context.partition_key
    with store.fleet() as connection:
        found = restaurant_of(connection, slug)
    if found is None:
        raise PermanentError(
            f"There is no restaurant {shown_name(slug)!r}: choose another partition, or add the restaurant with "
            "`flux restaurants add`."
        )
    return found


def started_at_of(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> dt.datetime:
    """Return the moment (aware) at which the run of a step was created."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return record.create_timestamp if record else dt.datetime.now(dt.UTC)
