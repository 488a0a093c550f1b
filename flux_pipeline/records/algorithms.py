"""The names under which `algorithm_runs` knows the algorithms."""

from enum import StrEnum


class AlgorithmName(StrEnum):
    """An algorithm whose every run leaves an audit row."""

    DEMAND = "demand_forecast"
    STAFFING = "staffing_forecast"
    ACCURACY = "forecast_accuracy"
    BACKTEST = "backtest"
