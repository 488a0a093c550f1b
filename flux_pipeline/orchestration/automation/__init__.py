"""Schedules and sensors: when runs are requested, and what is noticed."""
