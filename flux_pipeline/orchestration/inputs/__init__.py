"""Inputs of the algorithms, each read in one transaction."""
