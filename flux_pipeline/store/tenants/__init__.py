"""Restaurants: added and changed."""
