"""Alerts about stock: which there are, and what they say. Storing them is the store's."""
