"""Findings about a running database."""
