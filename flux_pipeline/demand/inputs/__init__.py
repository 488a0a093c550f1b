"""Inputs of a forecast: the frames of sales, days, items and drivers, and the panel built from them."""
