"""Forecasts compared with actuals: losses, reliability, backtests, the choice of a forecaster."""
