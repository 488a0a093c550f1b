import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from flux_pipeline.staffing._heads import cheapest_level, decide, needed_heads, quantile
from flux_pipeline.staffing._prep import level_prep
from flux_pipeline.staffing._workload import AFTER, BEFORE, OPEN, RoleWork
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import HeadsRule, StaffingSettings
from flux_pipeline_tests.unit.staffing.builders import QUARTERS, SETTINGS

KITCHEN = Role("k", "Kitchen", 2.0, minimum_heads=0)
BAR = Role("b", "Bar", 1.5, minimum_heads=0, heads_by=HeadsRule.QUEUE)


def work_of(guests, fixed=0.0, handle=3.0, **means):
    """Return work from guests' minutes (draws, periods)."""
    guests = np.atleast_2d(np.asarray(guests, dtype=float))
    periods = guests.shape[1]
    kinds = {"items": guests.mean(axis=0), "fixed": np.full(periods, fixed)}
    kinds |= {kind: np.full(periods, value) for kind, value in means.items()}
    return RoleWork(
        guests + fixed + sum(means.values()), guests, kinds, np.full(periods, handle), np.ones(periods, dtype=bool)
    )


def heads(work, role, settings=SETTINGS):
    return needed_heads(work, np.full(work.minutes.shape[1], OPEN), role, settings)


@pytest.mark.parametrize("settings", [SETTINGS, QUARTERS], ids=["hours", "quarters"])
@pytest.mark.parametrize("role", [KITCHEN, BAR], ids=["utilization", "queue"])
def test_heads_are_monotone_in_demand_over_a_grid_of_200(role, settings):
    minutes = np.linspace(0, 1500, 200)
    found = heads(work_of(minutes), role, settings).bounded[0]
    assert found[0] == 0 and (np.diff(found) >= 0).all() and found[-1] >= 25


def test_heads_of_a_queue_are_monotone_in_service_level_over_a_grid_of_200():
    work = work_of(np.linspace(0, 600, 200))
    grid = np.array(
        [
            heads(work, BAR, StaffingSettings(labor_queue_service_level=level)).bounded[0]
            for level in np.linspace(0.1, 0.99, 200)
        ]
    )
    assert (np.diff(grid, axis=0) >= 0).all() and (grid[-1] > grid[0]).any()


@pytest.mark.parametrize("role", [KITCHEN, BAR], ids=["utilization", "queue"])
def test_heads_stay_between_minimum_and_equipment(role):
    bounded = Role("r", "Role", 2.0, minimum_heads=2, maximum_heads=4, heads_by=role.heads_by)
    found = heads(work_of(np.linspace(0, 1500, 50)), bounded).bounded[0]
    assert found[0] == 2 and found[-1] == 4


def test_fixed_work_of_a_queue_counts_for_its_occupancy_only():
    calm, busy = heads(work_of([20.0]), BAR), heads(work_of([20.0], fixed=70.0), BAR)
    assert calm.by_wait == busy.by_wait
    # 90 minutes at 0.9 × 0.85 of an hour each are two heads.
    assert busy.by_work == 2


def test_the_minimum_holds_in_open_periods_only():
    role = Role("k", "Kitchen", 2.0, minimum_heads=2)
    found = needed_heads(work_of([0.0, 0.0, 0.0]), np.array([BEFORE, OPEN, AFTER]), role, SETTINGS)
    assert found.bounded[0].tolist() == [0, 2, 0]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(1, 20))
def test_no_number_of_heads_costs_less_than_the_recommended_one(needed, cost):
    needed = np.array(needed)
    chosen = int(quantile(needed[:, None], cheapest_level(cost))[0])

    def expected_cost(count):
        return np.maximum(count - needed, 0).sum() + cost * np.maximum(needed - count, 0).sum()

    assert expected_cost(chosen) <= min(expected_cost(count) for count in range(14)) + 1e-6


@pytest.mark.parametrize(
    ("role", "work", "part", "expected"),
    [
        (Role("k", "Kitchen", 2.0, minimum_heads=3), work_of([10.0]), OPEN, "minimum"),
        (Role("k", "Kitchen", 2.0, maximum_heads=3), work_of([500.0]), OPEN, "equipment"),
        (KITCHEN, work_of([500.0]), OPEN, "utilization"),
        (KITCHEN, work_of([50.0], prep=80.0), OPEN, "prep"),
        (KITCHEN, work_of([0.0], opening=40.0), BEFORE, "opening_work"),
        (KITCHEN, work_of([0.0], prep=50.0, opening=40.0), BEFORE, "prep"),
        (KITCHEN, work_of([0.0], closing=40.0), AFTER, "closing_work"),
        (BAR, work_of([50.0]), OPEN, "queue"),
        (BAR, work_of([2000.0]), OPEN, "occupancy"),
    ],
)
def test_what_decided_is_named(role, work, part, expected):
    needed = needed_heads(work, np.array([part]), role, SETTINGS)
    assert decide(needed, work, np.array([part]), role, 0.75) == [expected]


amounts = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 60)), min_size=1, max_size=12)


@given(amounts)
def test_prep_is_done_in_time_and_none_is_lost(periods):
    other, due = np.array(periods).T
    done = level_prep(other, due)
    assert (done >= 0).all()
    assert done.sum() == pytest.approx(due.sum())
    assert (np.cumsum(done) >= np.cumsum(due) - 1e-6).all()


@pytest.mark.parametrize("seed", range(5))
def test_no_other_plan_of_prep_has_a_lower_peak(seed):
    rng = np.random.default_rng(seed)
    other, due = rng.gamma(2, 20, 10), rng.gamma(1, 10, 10)
    peak = (other + level_prep(other, due)).max()
    # The lowest peak as a linear program: minimise z with other + x <= z, and x done in time.
    until = np.tril(np.ones((10, 10)))
    bound = linprog(
        [*np.zeros(10), 1.0],
        A_ub=np.block([[np.eye(10), -np.ones((10, 1))], [-until, np.zeros((10, 1))]]),
        b_ub=[*-other, *-np.cumsum(due)],
        A_eq=[[*np.ones(10), 0.0]],
        b_eq=[due.sum()],
    )
    assert peak == pytest.approx(bound.fun)
