"""Totals among the lines of a sales file, by their names and by their numbers."""
