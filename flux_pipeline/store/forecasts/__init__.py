"""Published forecasts: demand, totals, staffing, decisions, accuracy, backtests."""
