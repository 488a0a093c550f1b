"""Purchases of a night: what to order of all ingredients from whom, and what deliveries bring of orders."""
