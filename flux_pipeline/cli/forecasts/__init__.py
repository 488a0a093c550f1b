"""Commands about forecasts: run, show, approve, reject, plot, and measure their accuracy."""
