"""Dagster's assets, checks, jobs, partitions, resources, schedules and sensors. Only this package imports dagster."""

# The code location: the module that Dagster loads, and its name in `workspace.yaml` and in `flux ui`.
LOCATION = "flux_pipeline.definitions"
