"""Assets and the work of their steps: decorators, which describe an asset's table from the models, and tasks."""

import datetime as dt
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import dagster as dg

from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant, restaurant_of
from flux_pipeline.store.schema.columns import list_columns
from flux_pipeline.wording import shown_name

# Who operates Flux; Dagster's owners are teams or mail addresses.
OWNERS = ["team:flux"]


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


def described_asset(*, docs: str, **options: Any) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function the asset of the table of its name.

    Args:
        docs: the page of `docs/` about it.
        options: as of `dagster.asset`.
    """
    return partial(_asset, docs, options)


def restaurant_assets(
    tables: Mapping[str, str],
    *,
    kinds: set[str],
    docs: str,
    deps: Mapping[str, Sequence[dg.AssetsDefinition | str]],
    tags: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function one step that fills several tables of a restaurant, each an asset.

    Args:
        tables: the description of each.
        kinds: the labels in the UI.
        docs: the page of `docs/` about them.
        deps: the assets whose tables each is made from.
        tags: by which jobs select them.
    """

    def of(function: Callable[..., Any]) -> dg.AssetsDefinition:
        specs = [
            dg.AssetSpec(
                table,
                description=description,
                metadata=_metadata(function, table, docs),
                owners=OWNERS,
                kinds=kinds,
                tags=tags,
                deps=deps[table],
            )
            for table, description in tables.items()
        ]
        options: dict[str, Any] = {"partitions_def": restaurants_partitions, "retry_policy": RETRY_TRANSIENT}
        return dg.multi_asset(specs=specs, **options)(function)

    return of


def _asset(docs: str, options: dict[str, Any], function: Callable[..., Any]) -> dg.AssetsDefinition:
    metadata = _metadata(function, function.__name__, docs)
    return dg.asset(metadata=metadata, owners=OWNERS, **options)(function)


def _metadata(function: Callable[..., Any], table: str, docs: str) -> dict[str, Any]:
    """Return what the UI shows of a table that a function fills."""
    code = function.__code__
    with warnings.catch_warnings():
        # The class is in beta; if it goes, so does a link to the code.
        warnings.simplefilter("ignore", dg.BetaWarning)
        here = dg.LocalFileCodeReference(file_path=code.co_filename, line_number=code.co_firstlineno)
        references = dg.CodeReferencesMetadataValue(code_references=[here])
    return {
        "dagster/column_schema": table_schema(table),
        "dagster/table_name": f"public.{table}",
        "dagster/code_references": references,
        "docs": dg.MetadataValue.path(f"docs/{docs}"),
    }


def table_schema(table: str) -> dg.TableSchema:
    """Return the columns of a table with type, comment and key."""
    columns = list_columns(table)
    key = ", ".join(column.name for column in columns if column.is_key)
    return dg.TableSchema(
        [
            dg.TableColumn(each.name, each.type, each.comment, dg.TableColumnConstraints(nullable=each.is_nullable))
            for each in columns
        ],
        dg.TableConstraints([f"PRIMARY KEY ({key})"]),
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
        PermanentError: the partition does not name a restaurant, or the day `as_of` has not ended.
    """
    opened = store.open()
    restaurant = restaurant_of_run(context, opened)
    started_at = started_at_of(context)
    return Work(opened, restaurant, business_day.of(restaurant, started_at), started_at, context.run.run_id)


def restaurant_of_run(context: dg.AssetExecutionContext | dg.OpExecutionContext, store: Store) -> Restaurant:
    """Return the restaurant that is the run's partition.

    Raises:
        PermanentError: no partition was chosen, or it does not name a restaurant. The message mentions no other.
    """
    if not context.has_partition_key:
        raise PermanentError("No restaurant was chosen: choose its partition and launch the run again.")
    slug = context.partition_key
    with store.fleet() as connection:
        found = restaurant_of(connection, slug)
    if found is None:
        raise PermanentError(
            f"No restaurant is called {shown_name(slug)!r}. Choose another partition, or add the restaurant with "
            "`flux restaurants add`."
        )
    return found


def started_at_of(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> dt.datetime:
    """Return the moment (aware) at which the run of a step was created."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return record.create_timestamp if record else dt.datetime.now(dt.UTC)
