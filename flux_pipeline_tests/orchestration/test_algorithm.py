"""Test algorithm of three lines: what `Algorithm` does for every algorithm."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.algorithm import Algorithm, Published, Run
from flux_pipeline.orchestration.work import Work
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.records.runs import list_runs, run_summary
from flux_pipeline.store.restaurant import Restaurant

AS_OF = dt.date(2026, 3, 1)


@dataclass(frozen=True)
class Numbers:
    as_of: dt.date
    numbers: list[int]

    def as_values(self) -> Mapping[str, Any]:
        return {"numbers": self.numbers}


def summing(*numbers: int, is_of_day: bool = True) -> Algorithm[Numbers, int]:
    def read(tx: Tenant, work: Work, settings: DemandSettings) -> Numbers:
        if not numbers:
            raise PermanentError("There is nothing to add.")
        return Numbers(work.as_of, [*numbers, settings.forecast_horizon_days])

    def publish(tx: Tenant, total: int, run: Run[Numbers]) -> Published:
        return Published(len(run.inputs.numbers), {"total": total})

    def add(inputs: Numbers) -> int:
        return sum(inputs.numbers)

    return Algorithm(AlgorithmName.DEMAND, (DemandSettings,), read, add, publish, is_of_day=is_of_day)


@pytest.fixture
def work(store: Store, bistro: Restaurant) -> Work:
    return work_on(store, bistro, 1)


def work_on(store: Store, restaurant: Restaurant, day: int, *, days_later: int = 1) -> Work:
    """The work of the morning after a day of March 2026; begun later it is a look back."""
    begun = dt.datetime(2026, 3, day, 9, tzinfo=dt.UTC) + dt.timedelta(days=days_later)
    return Work(store, restaurant, dt.date(2026, 3, day), begun, "a run of Dagster's")


def runs(work: Work) -> list[tuple[str, int | None, str | None]]:
    with work.store.tenant(work.restaurant) as tx:
        return [(run.status, run.row_count, run.error) for run in list_runs(tx)]


def test_a_run_publishes_and_leaves_its_audit_row(work: Work) -> None:
    metadata = summing(1, 2).run(work).metadata
    assert {key: metadata[key] for key in ("as_of", "rows", "total")} == {"as_of": "2026-03-01", "rows": 3, "total": 17}
    assert runs(work) == [("succeeded", 3, None)]
    with work.store.tenant(work.restaurant) as tx:
        assert run_summary(tx, AlgorithmName.DEMAND, AS_OF) == {"total": 17}


def test_same_inputs_publish_once_and_different_inputs_publish_again(work: Work) -> None:
    first, second = (summing(1, 2).run(work).metadata for _ in range(2))
    assert second["unchanged_since_run"] == second["algorithm_run_id"] == first["algorithm_run_id"]
    assert second["rows_written"] == 0 and second["total"] == first["total"]
    assert "unchanged_since_run" not in summing(1, 3).run(work).metadata
    assert len(runs(work)) == 2


def test_a_result_of_no_day_is_published_once_for_all_days_but_by_a_look_back_for_its_own(
    store: Store, bistro: Restaurant
) -> None:
    first, second = (work_on(store, bistro, day) for day in (1, 2))
    look_back = work_on(store, bistro, 5, days_later=3)
    assert not summing(1, 2).run(first).is_unchanged and not summing(1, 2).run(second).is_unchanged
    facts = summing(1, 2, is_of_day=False)
    published, again = facts.run(first), facts.run(second)
    assert (again.is_unchanged, again.version) == (True, published.version)
    # The rows were published as of the first day.
    assert (again.metadata["as_of"], published.metadata["as_of"]) == ("2026-03-01", "2026-03-01")
    assert [facts.run(look_back).is_unchanged for _ in range(2)] == [False, True]
    assert facts.run(work_on(store, bistro, 8)).is_unchanged
    assert not summing(1, 3, is_of_day=False).run(second).is_unchanged
    assert not facts.run(second, forecast_horizon_days=7).is_unchanged


def test_a_setting_of_one_run_is_part_of_its_inputs(work: Work) -> None:
    summing(1, 2).run(work)
    assert summing(1, 2).run(work, forecast_horizon_days=7).metadata["total"] == 10
    assert len(runs(work)) == 2


def test_unreadable_inputs_leave_a_failed_audit_row(work: Work) -> None:
    with pytest.raises(PermanentError, match="nothing to add"):
        summing().run(work)
    assert runs(work) == [("failed", None, "There is nothing to add.")]
