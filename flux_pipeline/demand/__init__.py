"""Sales history and what is known of the days ahead -> forecasts with quantiles, factors and joint samples."""
