"""Purchases of a night: stock, offers and orders as they are read, and what is published of them."""
