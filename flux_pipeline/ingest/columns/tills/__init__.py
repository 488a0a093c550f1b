"""Presets of tills: exports that are recognised by their headers and mapped exactly."""
