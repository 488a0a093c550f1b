"""The groups of the asset graph, in the order in which data flows through them."""

UPLOADS = "uploads"
FEEDS = "feeds"
SALES = "sales"
FORECASTS = "forecasts"
ACCURACY = "accuracy"
AUDIT = "audit"
