"""Workbooks: their sheets, how large they are, and which are kept."""
