"""Exposures: what each day is expected to sell relative to an average day, and why."""
