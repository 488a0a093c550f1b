"""Flux's database: its tables, its tenancy, everything that reads or writes a row, and the embedded server.

This file imports nothing, so that a command without a database does not pay for the imports of one.
"""
