"""Matrix of a mixed integer program that grows by columns and rows, and its solution by HiGHS."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

Floats = NDArray[np.float64]
# Status of scipy's milp.
INFEASIBLE = 2
# Integer values come back as close to whole numbers as this.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Program:
    """Minimize `cost @ x` subject to `lower <= matrix @ x <= upper` and the columns' bounds.

    `person` and `day` of a column are -1 if it belongs to no one or to no day; one of several days lasts `until` the
    last of them. `rules` names the rule of each row, and `row_person` whose it is.
    """

    cost: Floats
    lowest: Floats
    highest: Floats
    is_integer: NDArray[np.bool_]
    person: NDArray[np.int64]
    day: NDArray[np.int64]
    until: NDArray[np.int64]
    matrix: sparse.csc_array
    by_row: sparse.csr_array
    lower: Floats
    upper: Floats
    rules: Sequence[str]
    row_person: NDArray[np.int64]
    row_day: NDArray[np.int64]


@dataclass(frozen=True)
class Solution:
    """What HiGHS found: values or None, a lower bound of the cost, and whether a limit or the clock ended it."""

    x: Floats | None
    bound: float
    hit_nodes: bool
    hit_clock: bool


@dataclass
class ProgramBuilder:
    """Columns and rows of a program, in the order in which they are added."""

    columns: list[tuple[float, float, float, bool, int, int, int]] = field(default_factory=list)
    limits: list[tuple[float, float, str, int, int]] = field(default_factory=list)
    entries: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = field(default_factory=list)

    def add_column(
        self,
        cost: float = 0.0,
        lowest: float = 0.0,
        highest: float = 1.0,
        is_integer: bool = False,
        person: int = -1,
        day: int = -1,
        until: int = -1,
    ) -> int:
        """Add a column and return its place."""
        self.columns.append((cost, lowest, highest, is_integer, person, day, max(day, until)))
        return len(self.columns) - 1

    def add_row(
        self,
        columns: Iterable[int],
        values: Iterable[float] | float,
        lower: float,
        upper: float,
        rule: str,
        person: int = -1,
        day: int = -1,
    ) -> None:
        """Add a row over some columns; `values` is their common coefficient or one for each. No columns: no row."""
        places = np.array([*columns], dtype=np.int64)
        if places.size:
            each = (
                np.full(places.size, values) if isinstance(values, (int, float)) else np.array([*values], dtype=float)
            )
            self.entries.append((np.full(places.size, len(self.limits)), places, each))
            self.limits.append((lower, upper, rule, person, day))

    def build(self) -> Program:
        """Return the program."""
        columns = (np.array(each) for each in zip(*self.columns, strict=True))
        cost, lowest, highest, is_integer, person, day, until = columns
        lower, upper, rules, row_person, row_day = zip(*self.limits, strict=True)
        rows, places, values = (np.concatenate(each) for each in zip(*self.entries, strict=True))
        shape = (len(self.limits), len(self.columns))
        matrix = sparse.csc_array(sparse.coo_array((values, (rows, places)), shape=shape))
        return Program(
            cost.astype(float),
            lowest.astype(float),
            highest.astype(float),
            is_integer.astype(bool),
            person.astype(np.int64),
            day.astype(np.int64),
            until.astype(np.int64),
            matrix,
            sparse.csr_array(matrix),
            np.array(lower, dtype=float),
            np.array(upper, dtype=float),
            rules,
            np.array(row_person, dtype=np.int64),
            np.array(row_day, dtype=np.int64),
        )


def with_touched(program: Program, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the free columns, and the columns of nobody in the rows that they touch."""
    rows = np.unique(program.matrix[:, free].indices)
    touched = np.unique(program.by_row[rows].indices)
    both = free.copy()
    both[touched[program.person[touched] < 0]] = True
    return both


def solve_program(
    program: Program,
    x: Floats,
    free: NDArray[np.bool_],
    nodes: int,
    seconds: float,
    gap: float = 1e-6,
    whole: NDArray[np.bool_] | None = None,
    presolve: bool = True,
) -> Solution:
    """Solve for the free columns with all others at their values in `x`; the bound is of the whole cost.

    A row without a free column is left out, whether it holds or not. Of the columns that are whole numbers, only
    those of `whole` have to be, if it is given. To presolve rows of many columns may take longer than to solve them.
    """
    if seconds <= 0:
        return Solution(None, -np.inf, hit_nodes=False, hit_clock=True)
    fixed = np.where(free, 0.0, x)
    columns = program.matrix[:, free]
    rows = np.flatnonzero(np.bincount(columns.indices, minlength=columns.shape[0]))
    part, offset = sparse.csr_array(columns)[rows], (program.by_row @ fixed)[rows]
    cost, integer = program.cost[free], program.is_integer[free]
    integer &= True if whole is None else whole[free]
    constant = float(program.cost @ fixed)
    found = milp(
        cost,
        integrality=integer.astype(int) if integer.any() else None,
        bounds=Bounds(program.lowest[free], program.highest[free]),
        constraints=LinearConstraint(part, program.lower[rows] - offset, program.upper[rows] - offset),
        options={"time_limit": float(seconds), "mip_rel_gap": gap, "node_limit": nodes, "presolve": presolve},
    )
    is_clock, is_nodes = "ime limit" in found.message, "Solution limit" in found.message
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    if found.x is None:
        return Solution(None, np.inf if found.status == INFEASIBLE else -np.inf, is_nodes, is_clock)
    values = x.copy()
    values[free] = np.where(integer, np.round(found.x), found.x)
    return Solution(values, constant + float(bound or 0.0), is_nodes, is_clock)
