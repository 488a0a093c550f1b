"""Dagster's assets, checks, jobs, partitions, resources, schedules and sensors. Only this package imports dagster."""
