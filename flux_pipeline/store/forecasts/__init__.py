"""Published forecasts: demand, totals, staffing, people's decisions, accuracy and backtests."""
