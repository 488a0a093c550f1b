"""Layouts of files in which a row has cells from another place: from the row above it, or from a table of facts."""
