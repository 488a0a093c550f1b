"""Inputs of each algorithm, read in one transaction."""
