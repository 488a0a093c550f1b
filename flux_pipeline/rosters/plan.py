"""Plan of a roster: the door of this room."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from flux_pipeline.rosters._build import Model, build_model
from flux_pipeline.rosters._matrix import Floats
from flux_pipeline.rosters._mistakes import refuse_mistakes
from flux_pipeline.rosters._options import build_options, read_shift
from flux_pipeline.rosters._search import Search
from flux_pipeline.rosters.problem import RosterProblem, Shift
from flux_pipeline.rosters.result import BelowMinimum, Budget, CostParts, Roster, Uncovered


def plan_roster(problem: RosterProblem, budget: Budget, clock: Callable[[], float]) -> Roster:
    """Find a roster of low cost that breaks no rule; demand that nobody can cover stays uncovered.

    `clock` returns seconds, for example `time.monotonic`. Raises PermanentError that names the mistakes of the problem.
    """
    deadline = clock() + budget.seconds
    refuse_mistakes(problem)
    model = build_model(problem, build_options(problem))
    found = Search(model, budget, clock, deadline).run()
    costs = cost_parts(model, found.x)
    touched = [int(model.program.person[column]) for column in model.parts.touched if found.x[column] > 0.5]
    return Roster(
        shifts=read_shifts(model, found.x),
        costs=costs,
        bound=min(found.bound + model.constant, costs.total),
        uncovered=read_uncovered(model, found.x),
        touched=tuple(problem.employees[person].id for person in touched),
        ended_by=found.ended_by,
        iterations=found.iterations,
        below_minimum=read_below_minimum(model, found.x),
    )


def read_shifts(model: Model, x: Floats) -> tuple[Shift, ...]:
    """Return the shifts that the values choose, by person and time."""
    chosen = np.flatnonzero(x[: len(model.options)] > 0.5)
    return tuple(read_shift(model.problem, model.options[int(place)]) for place in chosen)


def cost_parts(model: Model, x: Floats) -> CostParts:
    """Return the cost of the values by part."""
    chosen, parts, cost = x[: len(model.options)], model.parts, model.program.cost

    def of(columns: NDArray[np.int64]) -> float:
        return float(cost[columns] @ x[columns])

    return CostParts(
        wages=float(parts.wages @ chosen),
        overtime=of(parts.overtime),
        changes=float(parts.changes @ chosen) + model.change_constant,
        under=of(parts.under),
        over=of(parts.over),
        fairness=of(parts.fairness),
        wishes=float(parts.wishes @ chosen) + model.wish_constant,
        touched=of(parts.touched),
        short_hours=of(parts.short),
    )


def read_uncovered(model: Model, x: Floats) -> tuple[Uncovered, ...]:
    """Return the periods in which heads are missing, as the demand orders them."""
    return tuple(
        Uncovered(demand.role, demand.starts_at, demand.minutes, round(missing))
        for demand, missing in zip(model.problem.open_demand, x[model.parts.under], strict=True)
        if missing > 0.5
    )


def read_below_minimum(model: Model, x: Floats) -> tuple[BelowMinimum, ...]:
    """Return who has less than their minimum hours, and in which period."""
    program, problem = model.program, model.problem
    return tuple(
        BelowMinimum(problem.employees[program.person[short]].id, problem.dates[program.day[short]], round(x[short]))
        for short in model.parts.short
        if x[short] > 0.5
    )
