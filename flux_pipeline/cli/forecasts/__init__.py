"""Commands about forecasts: run, show, decide, judge, plot."""
