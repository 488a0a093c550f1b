"""Entry point of `python -m flux_pipeline`, which is the same as the command `flux`."""

from flux_pipeline.cli.main import main

main(prog_name="flux")
