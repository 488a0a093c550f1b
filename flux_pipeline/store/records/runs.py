"""The run records: one row for every run of an algorithm, written before it starts and closed even if it fails."""

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, text, update

from flux_pipeline.errors import NothingToDoError, PermanentError
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.models.records import AlgorithmRun
from flux_pipeline.store.restaurant import Restaurant

NOW = text("clock_timestamp()")
ERROR_LENGTH = 4000


@dataclass(frozen=True)
class RunRecord:
    """The audit row of a run."""

    id: uuid.UUID
    algorithm: str
    status: str
    as_of: dt.date
    row_count: int | None
    seconds: float | None
    error: str | None
    dagster_run_id: str | None


COLUMNS = (
    AlgorithmRun.id,
    AlgorithmRun.algorithm,
    AlgorithmRun.status,
    AlgorithmRun.as_of,
    AlgorithmRun.row_count,
    AlgorithmRun.error,
    AlgorithmRun.dagster_run_id,
    text("extract(epoch FROM finished_at - started_at)::float8 AS seconds"),
)


@dataclass(frozen=True)
class FinishedRun:
    """A run whose published result is still valid."""

    id: uuid.UUID
    as_of: dt.date
    row_count: int
    summary: Mapping[str, Any]

    def as_metadata(self) -> dict[str, Any]:
        """Return the run's summary as metadata, with zero rows written."""
        return {
            **self.summary,
            "as_of": self.as_of.isoformat(),
            "rows": self.row_count,
            "rows_written": 0,
            "unchanged_since_run": str(self.id),
            "algorithm_run_id": str(self.id),
        }


def finished_run(tx: Tenant, plan: PlannedRun) -> FinishedRun | None:
    """Return the newest successful run if it had the same inputs, and so the same result; else None.

    It is the newest for the plan's day, or that of any day if the plan is `of_any_day`.
    """
    own = [AlgorithmRun.algorithm == plan.algorithm, AlgorithmRun.status == "succeeded"]
    if not plan.of_any_day:
        own.append(AlgorithmRun.as_of == plan.as_of)
    columns = AlgorithmRun.id, AlgorithmRun.as_of, AlgorithmRun.row_count, AlgorithmRun.output_summary
    newest = select(*columns, AlgorithmRun.input_hash).where(*own).order_by(AlgorithmRun.finished_at.desc()).limit(1)
    row = tx.connection.execute(newest).one_or_none()
    if row is None or row.input_hash != plan.input_hash:
        return None
    return FinishedRun(row.id, row.as_of, row.row_count or 0, row.output_summary or {})


@contextlib.contextmanager
def recorded_run(
    store: Store, restaurant: Restaurant, plan: PlannedRun, dagster_run_id: str | None
) -> Iterator[uuid.UUID]:
    """Write the audit row "running" before the work, "failed" if it raises; the work itself writes "succeeded".

    Call it while this process has the algorithm to itself (`Store.alone`): a row that is still "running" then belongs
    to a process that was killed, and is closed as failed.
    """
    with store.tenant(restaurant) as tx:
        run_id = _start(tx, plan, dagster_run_id)
    try:
        yield run_id
    except BaseException as exc:
        with store.tenant(restaurant) as tx:
            _close(tx, run_id, status="failed", error=(str(exc) or type(exc).__name__)[:ERROR_LENGTH])
        raise


@contextlib.contextmanager
def recorded_failure(
    store: Store,
    restaurant: Restaurant,
    algorithm: AlgorithmName,
    version: str,
    as_of: dt.date,
    dagster_run_id: str | None,
) -> Iterator[None]:
    """Write an audit row if the block, which reads the inputs before a run can be planned, raises.

    The row is "skipped" if there is nothing to work on (NothingToDoError), else "failed".
    """
    try:
        yield
    except PermanentError as exc:
        plan = PlannedRun(algorithm, version, as_of, {}, None)
        with store.tenant(restaurant) as tx:
            status = "skipped" if isinstance(exc, NothingToDoError) else "failed"
            _close(tx, _start(tx, plan, dagster_run_id), status=status, error=str(exc)[:ERROR_LENGTH])
        raise


def succeed_run(tx: Tenant, run_id: uuid.UUID, summary: Mapping[str, Any], row_count: int) -> None:
    """Close the audit row in the transaction that publishes the rows, so that both are stored or neither."""
    _close(tx, run_id, status="succeeded", output_summary=dict(summary), row_count=row_count, error=None)


def run_summary(tx: Tenant, algorithm: AlgorithmName, as_of: dt.date) -> Mapping[str, Any]:
    """Return the summary of an algorithm's newest successful run for that day; empty if there is none."""
    query = (
        select(AlgorithmRun.output_summary)
        .where(AlgorithmRun.algorithm == algorithm, AlgorithmRun.as_of == as_of, AlgorithmRun.status == "succeeded")
        .order_by(AlgorithmRun.finished_at.desc())
        .limit(1)
    )
    return tx.connection.scalar(query) or {}


def skip_reason(tx: Tenant, algorithm: AlgorithmName, as_of: dt.date | None = None) -> str | None:
    """Return why an algorithm's newest run for a day (None: of all days) was skipped; None if it was not."""
    newest = (
        select(AlgorithmRun.status, AlgorithmRun.error)
        .where(AlgorithmRun.algorithm == algorithm, *([] if as_of is None else [AlgorithmRun.as_of == as_of]))
        .order_by(AlgorithmRun.as_of.desc(), AlgorithmRun.started_at.desc())
        .limit(1)
    )
    row = tx.connection.execute(newest).one_or_none()
    return row.error if row is not None and row.status == "skipped" else None


def list_runs(tx: Tenant, *, dagster_run_id: str | None = None, limit: int = 20) -> list[RunRecord]:
    """List the newest audit rows, newest first; only those of one Dagster run if it is given."""
    query = select(*COLUMNS).order_by(AlgorithmRun.started_at.desc()).limit(limit)
    if dagster_run_id is not None:
        query = query.where(AlgorithmRun.dagster_run_id == dagster_run_id)
    return [_record(row) for row in tx.connection.execute(query).mappings()]


def _start(tx: Tenant, plan: PlannedRun, dagster_run_id: str | None) -> uuid.UUID:
    abandoned = update(AlgorithmRun).where(AlgorithmRun.algorithm == plan.algorithm, AlgorithmRun.status == "running")
    tx.connection.execute(
        abandoned.values(
            status="failed", error="The process ended before the run did; a new run took over.", finished_at=NOW
        )
    )
    values = {
        "restaurant_id": tx.restaurant.id,
        "algorithm": plan.algorithm,
        "version": plan.version,
        "as_of": plan.as_of,
        "input_params": dict(plan.params),
        "input_hash": plan.input_hash,
        "dagster_run_id": dagster_run_id,
    }
    return tx.connection.execute(insert(AlgorithmRun).values(values).returning(AlgorithmRun.id)).scalar_one()


def _close(tx: Tenant, run_id: uuid.UUID, **values: Any) -> None:
    tx.connection.execute(update(AlgorithmRun).where(AlgorithmRun.id == run_id).values(finished_at=NOW, **values))


def _record(row: RowMapping) -> RunRecord:
    return RunRecord(**{str(key): value for key, value in row.items()})
