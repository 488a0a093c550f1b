"""Frames that a forecast is made from: sales, days, items, and what is known of each."""
