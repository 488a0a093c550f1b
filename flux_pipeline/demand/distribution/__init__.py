"""Distributions: predictive counts, joint samples and totals."""
