"""Definitions that Dagster loads (`workspace.yaml`); `orchestration.build` puts them together."""

from flux_pipeline.orchestration.build import build_defs

defs = build_defs()
