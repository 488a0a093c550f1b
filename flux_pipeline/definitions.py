"""What Dagster loads (`workspace.yaml`); nothing is decided here."""

from flux_pipeline.orchestration.build import build_defs

defs = build_defs()
