"""Diagnosis of a running database."""
