import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing._queueing import (
    QueueRule,
    erlang_b,
    erlang_c,
    measure_queue,
    servers_for_occupancy,
    servers_for_wait,
)

# Exact points; that of A = 10, N = 14 is also published. The wait t over the minutes of handling is 1 / 9.
REFERENCE = Path(__file__).parents[2] / "data" / "erlang_reference.csv"
RULE = QueueRule(service_level=0.8, wait_minutes=3.0, occupancy_cap=0.85)


def reference():
    with REFERENCE.open() as lines:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]


@pytest.mark.parametrize("row", reference(), ids=lambda row: f"{row['offered_load_erlang']}/{row['servers']:.0f}")
def test_the_formulas_agree_with_exact_values_to_six_decimals(row):
    load, servers = row["offered_load_erlang"], int(row["servers"])
    queue = measure_queue(load, servers, handle_minutes=9.0, within_minutes=1.0)
    within = pytest.approx
    assert erlang_b(load, servers) == within(row["erlang_b"], abs=5e-7)
    assert queue.wait_probability == within(row["erlang_c"], abs=5e-7)
    assert queue.service_level == within(row["service_level_t_over_aht_1_9"], abs=5e-7)
    assert queue.mean_wait_minutes / 9.0 == within(row["mean_wait_over_aht"], abs=5e-7)
    assert queue.occupancy == within(row["occupancy"], abs=5e-7)


@pytest.mark.parametrize("load", [0.0, 1e-9, 500.0, 990.0, 999.9])
def test_a_thousand_servers_are_no_overflow(load):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert 0 <= erlang_b(load, 1000) <= 1
        assert 0 <= erlang_c(load, 1000) <= 1
        assert measure_queue(load, 1000, 3.0, 3.0).mean_wait_minutes >= 0


def test_loads_of_a_thousand_have_their_servers():
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        found = servers_for_wait(np.array([0.0, 1e-12, 1000.0]), np.array(2.0), RULE)
    assert found[:2].tolist() == [0, 1]
    assert 1000 < found[2] < 1030


@pytest.mark.parametrize(("load", "servers"), [(3.0, 3), (3.0, 2), (3.0, 0), (0.0, 0)])
def test_with_no_more_servers_than_load_the_queue_never_empties(load, servers):
    queue = measure_queue(load, servers, handle_minutes=2.0, within_minutes=3.0)
    assert queue.never_empties and queue.sentence == "the queue never empties"
    assert (queue.wait_probability, queue.service_level, queue.mean_wait_minutes) == (1.0, 0.0, np.inf)


@pytest.mark.parametrize(("load", "servers"), [(-1.0, 2), (float("nan"), 2), (float("inf"), 2), (1.0, -1)])
def test_a_queue_of_impossible_numbers_is_refused(load, servers):
    with pytest.raises(PermanentError, match="expected numbers of zero or more"):
        erlang_c(load, servers)


@given(st.floats(0.01, 60), st.floats(0.2, 15), st.floats(0.1, 0.99), st.floats(0, 20))
def test_the_servers_found_are_the_fewest_that_keep_the_service_level(load, handle, level, wait):
    found = int(servers_for_wait(np.array(load), np.array(handle), QueueRule(level, wait, 1.0)))
    assert measure_queue(load, found, handle, wait).service_level >= level - 1e-9
    assert measure_queue(load, found - 1, handle, wait).service_level < level + 1e-9


def test_servers_are_monotone_in_demand_and_in_service_level_over_a_grid_of_200():
    loads, levels = np.linspace(0, 40, 200), np.linspace(0.01, 0.99, 200)
    for handle in (0.5, 3.0, 12.0):
        grid = np.array([servers_for_wait(loads, np.array(handle), QueueRule(level, 3.0, 0.85)) for level in levels])
        assert (np.diff(grid, axis=0) >= 0).all() and (np.diff(grid, axis=1) >= 0).all()
        assert (grid > loads)[:, 1:].all()


def test_the_occupancy_cap_bounds_how_busy_servers_are():
    loads = np.linspace(0, 40, 200)
    servers = servers_for_occupancy(loads, RULE)
    assert (loads <= 0.85 * servers + 1e-6).all() and (loads > 0.85 * (servers - 1) - 1e-6).all()
    assert servers_for_occupancy(np.array([0.85, 1.7]), RULE).tolist() == [1, 2]
