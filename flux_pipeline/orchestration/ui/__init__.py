"""Dagster's web server, daemon and code server, as `flux ui` runs them."""
