"""Execution of an algorithm for one restaurant. Every asset that publishes computed rows is an `Algorithm`, run here.

The lock, the input hash, "unchanged: do nothing", the audit row and the metadata belong here. What an algorithm reads
belongs in `inputs`, its formulas in a pure room, and the `Algorithm` itself beside its asset.
"""

import datetime as dt
import functools
import importlib.metadata
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import dagster as dg
from pydantic import BaseModel

from flux_pipeline.errors import NothingToDoError
from flux_pipeline.orchestration.work import Work, restaurant_asset, restaurant_assets
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.records.plans import plan_run
from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.records.runs import finished_run, recorded_failure, recorded_run, succeed_run
from flux_pipeline.store.records.settings import read_settings

# How often an algorithm runs, as a tag of its asset.
RUNS_TAG = "flux/runs"
KINDS = {"numpy", "postgres"}
NIGHTLY, WEEKLY, PLANNED = "nightly", "weekly", "planned"


class Inputs(Protocol):
    """The values that an algorithm has read."""

    @property
    def as_of(self) -> dt.date:
        """The last day whose data is used; the run is recorded under it."""

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, except the settings, to hash it."""


InputsT = TypeVar("InputsT", bound=Inputs)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Run(Generic[InputsT]):
    """A run that is about to publish: the id of its audit row, its task and its inputs."""

    id: uuid.UUID
    work: Work
    inputs: InputsT


@dataclass(frozen=True)
class Published:
    """The outcome of a run: how much is stored, and the summary of it.

    Attributes:
        rows: the number of rows that the run published, as in its audit row.
        metadata: the summary for the audit row and the UI; it may have a `rows` of its own for the UI.
        pictured: what the asset's picture shows, if the algorithm has read it already.
        version: a text that changes exactly when the published rows do; None: the run decides.
    """

    rows: int
    metadata: dict[str, Any]
    pictured: Any = None
    version: str | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether an earlier run published this already."""
        return self.metadata.get("rows_written") == 0


def published_before(tx: Tenant, plan: PlannedRun, _inputs: Inputs) -> Published | None:
    """Return what the newest run for that day (or for any, as planned) published, or None if its inputs differed."""
    run = finished_run(tx, plan)
    return None if run is None else Published(run.row_count, run.as_metadata(), version=plan.input_hash)


@dataclass(frozen=True)
class Algorithm(Generic[InputsT, ResultT]):
    """An algorithm: the functions that read its inputs, compute its result and publish it.

    Attributes:
        name: the name in `algorithm_runs`.
        settings: the models of its settings, whose values are part of the input hash and kept in the audit row.
        read: called as `read(tx, work, *settings)`, returns the inputs; a PermanentError leaves a failed audit row, and
            NothingToDoError a skipped one.
        compute: computes the result from the inputs alone; no transaction is open.
        publish: writes the result, in the transaction that closes the audit row.
        published: returns what is already stored if there is nothing to compute, else None.
        is_of_day: whether the result is one of the work's day; else it follows from facts alone, and a night on which
            none of them changes has nothing to do. A look back is always compared with runs of its own day.
    """

    name: AlgorithmName
    settings: tuple[type[BaseModel], ...]
    read: Callable[..., InputsT]
    compute: Callable[[InputsT], ResultT]
    publish: Callable[[Tenant, ResultT, Run[InputsT]], Published]
    published: Callable[[Tenant, PlannedRun, InputsT], Published | None] = published_before
    is_of_day: bool = True

    def run(self, work: Work, **overrides: Any) -> Published:
        """Bring the restaurant's rows up to date and return their number with the asset's metadata.

        If there is nothing to work on, what is published stays, and the metadata says why under "skipped".

        Idempotent: the same inputs are published once. Only one process at a time runs the algorithm for a restaurant.

        Args:
            work: the restaurant and the day.
            overrides: setting values for this run only, by key.
        """
        try:
            published = self._run(work, overrides)
        except NothingToDoError as exc:
            published = Published(0, {"skipped": str(exc)})
        return replace(
            published, metadata={"as_of": work.as_of.isoformat(), "rows": published.rows, **published.metadata}
        )

    def _run(self, work: Work, overrides: Mapping[str, Any]) -> Published:
        store, restaurant = work.store, work.restaurant
        started = (self.name, code_version(), work.as_of, work.dagster_run_id)
        with store.alone(restaurant, self.name):
            with recorded_failure(store, restaurant, *started), store.tenant(restaurant) as tx:
                settings = [_read_settings(tx, model, overrides) for model in self.settings]
                inputs = self.read(tx, work, *settings)
                plan = self._plan(work, inputs, settings)
                published = self.published(tx, plan, inputs)
            if published is None:
                with recorded_run(store, restaurant, plan, work.dagster_run_id) as run_id:
                    result = self.compute(inputs)
                    with store.tenant(restaurant) as tx:
                        published = self.publish(tx, result, Run(run_id, work, inputs))
                        succeed_run(tx, run_id, published.metadata, published.rows)
                metadata = {"algorithm_run_id": str(run_id), **published.metadata}
                published = replace(published, metadata=metadata, version=plan.input_hash)
        return published

    def _plan(self, work: Work, inputs: InputsT, settings: Sequence[BaseModel]) -> PlannedRun:
        params = {key: value for each in settings for key, value in each.model_dump(mode="json").items()}
        values = inputs.as_values()
        plan = plan_run(self.name, code_version(), inputs.as_of, params, values, is_of_day=self.is_of_day)
        # A look back publishes what was known on its day, which runs of other days may not have published.
        return replace(plan, of_any_day=False) if work.is_retrospective else plan


def algorithm_asset(
    *, deps: Sequence[dg.AssetsDefinition], runs: str = NIGHTLY, docs: str = "forecasts.md"
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function the asset of an algorithm.

    Args:
        deps: the assets whose tables the algorithm reads.
        runs: NIGHTLY, WEEKLY or PLANNED (in a job of its own). The asset `algorithm_runs` waits for the nightly ones.
        docs: the page of `docs/` about it.
    """
    return restaurant_asset(deps=deps, kinds=KINDS, docs=docs, tags={RUNS_TAG: runs})


def algorithm_assets(
    tables: Mapping[str, str], *, deps: Mapping[str, Sequence[dg.AssetsDefinition | str]], docs: str
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return a decorator that makes a function the assets of an algorithm that fills several tables every night.

    Args:
        tables: the description of each.
        deps: the assets whose tables each is made from.
        docs: the page of `docs/` about them.
    """
    return restaurant_assets(tables, deps=deps, kinds=KINDS, docs=docs, tags={RUNS_TAG: NIGHTLY})


def _read_settings(tx: Tenant, model: type[BaseModel], overrides: Mapping[str, Any]) -> BaseModel:
    overridden = {key: value for key, value in overrides.items() if key in model.model_fields}
    return read_settings(tx, model).model_copy(update=overridden)


@functools.cache
def code_version() -> str:
    """Return the version for `algorithm_runs.version`: that of the package and, in a checkout, the commit.

    For example "0.1.0+1a2b3c4d5e6f".
    """
    version = importlib.metadata.version("flux-pipeline")
    commit = _commit()
    return f"{version}+{commit[:12]}" if commit else version


def _commit() -> str | None:
    """Read the checkout's commit from git's files, as the git command may be absent; None for an installed package."""
    git = PROJECT_DIR / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        reference = head.removeprefix("ref: ")
        loose = git / reference
        if loose.is_file():
            return loose.read_text().strip()
        packed = (git / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {reference}")), None)
    except OSError:
        return None
