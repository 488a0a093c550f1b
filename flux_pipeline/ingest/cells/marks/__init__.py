"""Decimal and thousands marks in cells, and how to distinguish them."""
