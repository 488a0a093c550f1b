"""Waste that people note by hand, and lists of all that was thrown away."""
