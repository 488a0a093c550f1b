"""Dagster: assets, checks, jobs, partitions, resources, schedules, sensors. Nothing else imports dagster."""
