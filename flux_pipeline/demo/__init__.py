"""Simulated restaurants whose true demand is known: for the demo, and to check whether forecasts are right.

Every figure depends only on its name and date. No module reads a clock, and only `write` touches the disk.
"""
