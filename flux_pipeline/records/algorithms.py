"""Names of the algorithms, as the table `algorithm_runs` stores them, and a planned run of one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class AlgorithmName(StrEnum):
    """The name of an algorithm whose every run leaves a row in `algorithm_runs`."""

    DEMAND = "demand_forecast"
    STAFFING = "staffing_forecast"
    ACCURACY = "forecast_accuracy"
    BACKTEST = "backtest"
    ROSTER = "weekly_roster"
    ITEM_COSTS = "menu_item_costs"
    PROFITABILITY = "menu_profitability"
    LEDGER = "inventory_movements"
    PURCHASES = "purchase_recommendations"


@dataclass(frozen=True)
class PlannedRun:
    """A run of an algorithm before it starts.

    Attributes:
        algorithm: the algorithm that runs.
        version: the code that runs: package version and commit.
        as_of: the last day whose data it may use.
        params: the settings it runs with, frozen, JSON-able.
        input_hash: SHA-256 over version, params, every input and, if the result is of a day, as_of; None if the inputs
            could not be read.
        of_any_day: whether a run of any day with the same hash has published this result.
    """

    algorithm: AlgorithmName
    version: str
    as_of: dt.date
    params: Mapping[str, Any]
    input_hash: str | None
    of_any_day: bool = False
