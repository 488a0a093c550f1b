"""Workbooks: their size, their sheets, and the form in which Flux keeps them."""
