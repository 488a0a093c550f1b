"""Rosters: heads needed, people and rules -> who works when, what it costs and what could not be covered.

Pure: the clock comes in as an argument, and instants are aware datetimes.
"""
