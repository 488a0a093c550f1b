"""Everything that a run imports, for the process from which the code server forks its runs."""

import dagster._grpc.impl  # noqa: F401

import flux_pipeline.definitions  # noqa: F401
