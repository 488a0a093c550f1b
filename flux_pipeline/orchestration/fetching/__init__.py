"""Fetching: asking the feeds that were added for the answers that are due, and storing each as it comes."""
