"""Settled models: some options around a roster, with the roster's values, as a start for what is asked about it."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from flux_pipeline.rosters._build import build_model
from flux_pipeline.rosters._options import Option, read_shift
from flux_pipeline.rosters._search import settle
from flux_pipeline.rosters.problem import RosterProblem, Shift
from flux_pipeline.rosters.result import Roster


def _key(shift: Shift) -> tuple[str, str, dt.datetime, dt.datetime, dt.datetime | None]:
    return shift.employee, shift.role, shift.starts_at, shift.ends_at, shift.break_starts_at


class Settled:
    """Model of some options around a roster: its values, and which columns are options."""

    def __init__(
        self,
        problem: RosterProblem,
        roster: Roster,
        options: Iterable[Option],
        is_free: Callable[[Option], bool],
        is_elastic: bool = False,
    ) -> None:
        rostered = {_key(shift) for shift in roster.shifts}
        # Kept shifts that are not rostered count as changes.
        own = [each for each in options if each.status or is_free(each) or _key(read_shift(problem, each)) in rostered]
        self.model = build_model(problem, own, is_elastic)
        program, breaks = self.model.program, [*self.model.breaks]
        self.is_option = np.arange(program.cost.size) < len(own)
        values = np.zeros(program.cost.size)
        values[: len(own)] = [_key(read_shift(problem, each)) in rostered for each in own]
        highest = program.highest.copy()
        highest[breaks] = 0.0
        settled, self.x = settle(replace(program, highest=highest), self.is_option, values)
        self.program = replace(settled, highest=program.highest)
