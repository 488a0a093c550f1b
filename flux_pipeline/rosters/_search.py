"""Search for a roster: people one by one, then neighbourhoods that are solved again, then the whole program for proof.

All of it counts iterations and nodes, so the same seed gives the same roster however many cores there are; only a run
that the clock cuts short may differ, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from flux_pipeline.rosters._build import Model
from flux_pipeline.rosters._matrix import Floats, Program, Solution, solve_program, with_touched
from flux_pipeline.rosters.result import Budget, EndedBy

# How often some people, some days, and some people on some days are chosen, and of about how many options: more where
# nothing better is found, fewer where that takes many nodes.
KIND_CHANCES = (0.1, 0.7, 0.2)
FIRST_SIZES, LEAST_SIZE, MOST_SIZES = (300.0, 700.0, 500.0), 100.0, (600.0, 2400.0, 1400.0)
GROW, SHRINK, SHRINK_AFTER_NODES = 1.3, 0.95, 0.7
MOST_SHARE = 0.5
# A kind that gained more of late is chosen more often.
GAIN_DECAY = 0.9
# Nodes of one neighbourhood; most need fewer.
PART_NODES = 8
# A neighbourhood that is this close to its best is solved; the next ones overlap it.
PART_GAP = 0.005
# The first roster of a person is one of many; this close to its best is enough.
START_GAP = 0.02
# Iterations without a better roster after which the search ends.
PATIENCE = 100
# Rows that say what a column means; they hold for any options.
DEFINITIONS = {"worked", "cover", "overtime", "touched"}
# Programs of at most this many options are solved as a whole first, with at most this many nodes.
SMALL_OPTIONS, FIRST_NODES = 800, 500
# Programs of more options than this are not solved as a whole: HiGHS then finds nothing better in minutes.
WHOLE_OPTIONS = 4_000


@dataclass(frozen=True)
class Found:
    """The best values found, their cost and a lower bound, both without the model's constant."""

    x: Floats
    cost: float
    bound: float
    ended_by: EndedBy
    iterations: int


class Search:
    """Search of one model; `clock` gives seconds that only ever grow."""

    def __init__(self, model: Model, budget: Budget, clock: Callable[[], float], deadline: float) -> None:
        self.model, self.program, self.budget = model, model.program, budget
        self.clock, self.deadline = clock, deadline
        self.rng = np.random.default_rng(budget.seed)
        self.is_option = np.arange(self.program.cost.size) < len(model.options)
        # The last place is that of columns of nobody.
        self.everybody = np.arange(len(model.problem.employees) + 1) < len(model.problem.employees)
        self.is_cut = False
        self.bound = -np.inf
        self.iterations = 0

    @property
    def seconds_left(self) -> float:
        return self.deadline - self.clock()

    def run(self) -> Found:
        """Return the best roster that the budget allows."""
        x = self._start_with_kept()
        x = self._add_people() if x is None else self._fill_days(x)
        if self.is_option.sum() <= SMALL_OPTIONS:
            x = self._prove(x, min(FIRST_NODES, self.budget.nodes))
        if not self._is_proven(x):
            every = np.ones_like(self.is_option)
            self.bound = max(self.bound, self._solve(x, every, whole=~every).bound)
            x = self._improve(x)
        if not self._is_proven(x) and self.is_option.sum() <= WHOLE_OPTIONS:
            x = self._prove(x, self.budget.nodes)
        ended_by = EndedBy.PROOF if self._is_proven(x) else EndedBy.CLOCK if self.is_cut else EndedBy.BUDGET
        return Found(x, self._cost(x), self.bound, ended_by, self.iterations)

    def _prove(self, x: Floats, nodes: int) -> Floats:
        """Solve the program as a whole for its bound, and for a better roster."""
        if not nodes:
            return x
        whole = self._solve(x, np.ones_like(self.is_option), nodes)
        self.bound = max(self.bound, whole.bound)
        return x if whole.x is None or self._cost(whole.x) > self._cost(x) else whole.x

    def _cost(self, x: Floats) -> float:
        return float(self.program.cost @ x)

    def _is_proven(self, x: Floats) -> bool:
        cost = self._cost(x) + self.model.constant
        return cost - self.bound - self.model.constant <= self.budget.gap * max(1.0, abs(cost))

    def _solve(
        self, x: Floats, free: NDArray[np.bool_], nodes: int = PART_NODES, whole: NDArray[np.bool_] | None = None
    ) -> Solution:
        gap = PART_GAP if nodes == PART_NODES else self.budget.gap / 2
        found = solve_program(self.program, x, free, nodes, self.seconds_left, gap, whole)
        self.is_cut |= found.hit_clock
        return found

    def _free(self, people: NDArray[np.bool_], first: int, last: int) -> NDArray[np.bool_]:
        """Return the columns of the people on some days, and the prices of heads in the rows that they touch.

        Stints that end the day before or start the day after are free too, as they may become longer.
        """
        program = self.program
        near = np.where(self.is_option, 0, 1)
        in_days = (program.day <= last + near) & (program.until >= first - near) | (program.day < 0)
        return with_touched(program, people[program.person] & in_days)

    def _start_with_kept(self) -> Floats | None:
        """Return the published and confirmed shifts as a start, unless there are none or they break a rule."""
        kept = np.array([option.status is not None for option in self.model.options], dtype=float)
        x = np.concatenate([kept, np.zeros(self.program.cost.size - kept.size)])
        return solve_program(self.program, x, ~self.is_option, PART_NODES, np.inf).x if kept.any() else None

    def _fill_days(self, x: Floats) -> Floats:
        """Solve each day again on its own, so that what was called off is filled on its day."""
        for day in range(self.model.problem.days):
            found = self._solve(x, self._free(self.everybody, day, day))
            x = x if found.x is None or self._cost(found.x) > self._cost(x) else found.x
        return x

    def _add_people(self) -> Floats:
        """Roster people one after the other, each as the heads still missing need it."""
        self.program, x = settle(self.program, self.is_option, self.program.lowest)
        people = np.zeros_like(self.everybody)
        for person in self.rng.permutation(people.size - 1):
            people[:] = False
            people[person] = True
            if (self.is_option & (self.program.person == person)).any():
                free = self._free(people, 0, self.model.problem.days)
                found = solve_program(self.program, x, free, PART_NODES, self.seconds_left, START_GAP, presolve=False)
                self.is_cut |= found.hit_clock
                x = x if found.x is None or self._cost(found.x) > self._cost(x) else found.x
        return x

    def _improve(self, x: Floats) -> Floats:
        """Free some people or days again and again, and keep what is no worse."""
        sizes, stalled, gains = np.array(FIRST_SIZES), 0, np.ones(len(KIND_CHANCES))
        while self.iterations < self.budget.iterations and stalled < PATIENCE:
            if self._is_proven(x) or self.seconds_left <= 0:
                break
            chances = np.array(KIND_CHANCES) * (gains + gains.mean() + 1e-9)
            kind = int(self.rng.choice(len(chances), p=chances / chances.sum()))
            found = self._solve(x, self._choose(x, kind, float(sizes[kind])))
            self.iterations += 1
            gain = 0.0 if found.x is None else self._cost(x) - self._cost(found.x)
            stalled = 0 if gain > 1e-6 else stalled + 1
            if found.x is not None and gain >= -1e-9:
                x = found.x
            gains[kind] = GAIN_DECAY * gains[kind] + (1 - GAIN_DECAY) * max(0.0, gain)
            by = SHRINK_AFTER_NODES if found.hit_nodes else SHRINK if gain > 1e-6 else GROW
            sizes[kind] = min(max(by * sizes[kind], LEAST_SIZE), MOST_SIZES[kind])
        return x

    def _choose_day(self, x: Floats) -> int:
        """Choose a day, rather one on which heads are missing."""
        program, days = self.program, self.model.problem.days
        columns = (program.person < 0) & (program.day >= 0) & (program.day < days)
        costs = np.bincount(program.day[columns], (program.cost * x)[columns], minlength=days)
        weights = costs + costs.mean() + 1e-9
        return int(self.rng.choice(days, p=weights / weights.sum()))

    def _choose(self, x: Floats, kind: int, size: float) -> NDArray[np.bool_]:
        """Choose the columns of about `size` options: of some people, of some days, or of some people on some days."""
        problem = self.model.problem
        n_people, n_options = len(problem.employees), int(self.is_option.sum())
        share = min(MOST_SHARE, size / n_options)
        part = (share, share, np.sqrt(share))[kind]
        people, first, last = np.zeros(n_people + 1, dtype=bool), 0, problem.days - 1
        if kind == 1:
            people[:-1] = True
        else:
            people[self.rng.permutation(n_people)[: max(2, round(part * n_people))]] = True
        if kind > 0:
            length = max(1, round(part * problem.days))
            first = self._choose_day(x) - int(self.rng.integers(length))
            last = first + length - 1
        return self._free(people, first, last)


def settle(program: Program, is_option: NDArray[np.bool_], x: Floats) -> tuple[Program, Floats]:
    """Return the values of all other columns for the options of `x`, and the program.

    Rows that these options break, as confirmed shifts may, get the limits that allow them.
    """
    found = solve_program(program, x, ~is_option, 1000, np.inf)
    if found.x is not None:
        return program, found.x
    n_rows = len(program.rules)
    breakable = np.array([rule not in DEFINITIONS for rule in program.rules])
    slack = sparse.csc_array(sparse.eye_array(n_rows))[:, breakable]
    matrix = sparse.csc_array(sparse.hstack([program.matrix, slack, -slack]))
    more = 2 * int(breakable.sum())
    elastic = replace(
        program,
        cost=np.concatenate([np.zeros_like(program.cost), np.ones(more)]),
        lowest=np.concatenate([program.lowest, np.zeros(more)]),
        highest=np.concatenate([program.highest, np.full(more, np.inf)]),
        is_integer=np.concatenate([program.is_integer, np.zeros(more, dtype=bool)]),
        matrix=matrix,
        by_row=sparse.csr_array(matrix),
    )
    free = np.concatenate([~is_option, np.ones(more, dtype=bool)])
    found = solve_program(elastic, np.concatenate([x, np.zeros(more)]), free, 1000, np.inf)
    assert found.x is not None, "rows of heads and definitions hold for any options"
    activity = program.matrix @ found.x[: program.cost.size]
    return replace(
        program, lower=np.minimum(program.lower, activity), upper=np.maximum(program.upper, activity)
    ), found.x[: program.cost.size]
