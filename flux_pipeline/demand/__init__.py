"""Demand: forecasts with quantiles, factors and joint samples, from sales history and facts about the days ahead."""
