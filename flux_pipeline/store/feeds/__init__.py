"""Feeds in the database: which services are asked, what they answered, and their rows in the tables."""
