"""The same inputs have the same hash, other inputs another one."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.accounting import Accounting, total
from flux_pipeline.records.algorithms import PlannedRun
from flux_pipeline.records.plans import plan_run

DAY = dt.date(2026, 3, 1)
SALES = pd.DataFrame({"item": ["a", "b"], "quantity": [1.0, 2.0]})


def plan(**changes: object) -> PlannedRun:
    usual = {"algorithm": "demand", "version": "1", "as_of": DAY, "params": {"days": 14}, "inputs": {"sales": SALES}}
    return plan_run(**(usual | changes))  # type: ignore[arg-type]


def test_the_same_inputs_have_the_same_hash() -> None:
    assert plan().input_hash == plan(inputs={"sales": SALES.copy()}).input_hash


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "staffing"},
        {"version": "2"},
        {"as_of": DAY + dt.timedelta(days=1)},
        {"params": {"days": 15}},
        {"inputs": {"sales": SALES.iloc[::-1]}},
        {"inputs": {"sales": SALES.assign(quantity=[1.0, 2.001])}},
        {"inputs": {"sales": SALES.rename(columns={"quantity": "amount"})}},
        {"inputs": {"sales": SALES, "profile": np.zeros(3)}},
    ],
    ids=str,
)
def test_any_other_input_has_another_hash(change: dict[str, object]) -> None:
    assert plan(**change).input_hash != plan().input_hash


def test_a_result_that_follows_from_facts_alone_has_one_hash_on_every_day() -> None:
    first, second = (plan(as_of=DAY + dt.timedelta(days=days), is_of_day=False) for days in (0, 1))
    assert first.input_hash == second.input_hash != plan().input_hash
    assert plan(params={"days": 15}, is_of_day=False).input_hash != first.input_hash


def test_an_array_counts_by_value_and_shape() -> None:
    flat = plan(inputs={"x": np.zeros(4)}).input_hash
    assert flat == plan(inputs={"x": np.zeros(4)}).input_hash
    assert flat != plan(inputs={"x": np.zeros((2, 2))}).input_hash


def test_rows_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(PermanentError, match="unaccounted"):
        Accounting(read=10, loaded=5, skipped=3, rejected=1)


def test_a_total_adds_counts_and_reasons() -> None:
    summed = total([Accounting(3, 1, 2, 0, {"zero": 2}), Accounting(4, 2, 1, 1, {"zero": 1, "bad_date": 1})])
    assert (summed.read, summed.loaded, summed.skipped, summed.rejected) == (7, 3, 3, 1)
    assert summed.reasons == {"zero": 3, "bad_date": 1}
