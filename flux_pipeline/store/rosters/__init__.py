"""Rosters: what they are planned from, planned weeks, and what people agree to."""
