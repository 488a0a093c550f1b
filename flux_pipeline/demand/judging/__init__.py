"""Comparisons of forecasts with actuals: losses, reliability, backtests, and the choice of a forecaster."""
