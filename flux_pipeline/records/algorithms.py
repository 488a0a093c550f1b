"""Names of the algorithms, as the table `algorithm_runs` stores them."""

from enum import StrEnum


class AlgorithmName(StrEnum):
    """The name of an algorithm whose every run leaves a row in `algorithm_runs`."""

    DEMAND = "demand_forecast"
    STAFFING = "staffing_forecast"
    ACCURACY = "forecast_accuracy"
    BACKTEST = "backtest"
