"""Costs of items: what is known of the kitchen at a moment, the rules of each day, and what was published."""
