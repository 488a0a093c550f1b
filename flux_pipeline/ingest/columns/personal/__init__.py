"""Columns about people: recognised, and dropped before a file is kept."""
