"""Answers of services: weather and events as their programs send them, read into the columns of the tables."""
