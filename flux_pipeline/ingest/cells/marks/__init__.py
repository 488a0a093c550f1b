"""Decimal and thousands marks in cells: which is which."""
