"""Columns of a table: which one is which field of a contract, and which ones hold personal data and are dropped."""
