"""Predictive distributions, joint samples and totals."""
