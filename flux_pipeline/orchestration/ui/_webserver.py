"""Dagster's web server behind the check of `_own_address`: a program with the arguments of `dagster-webserver`.

The variable FLUX_UI_ORIGINS holds the addresses at which browsers may reach it, with blanks between.
"""

import os
from collections.abc import Sequence
from typing import Any

from dagster_webserver import cli

from flux_pipeline.orchestration.ui._own_address import OwnAddressOnly
from flux_pipeline.orchestration.ui._services import ORIGINS_VARIABLE


def guard(origins: Sequence[str]) -> None:
    """Let the web server of this process answer only requests to its own addresses.

    Its command takes no middleware, so the function by which it makes its application is wrapped. If Dagster renames
    this function, the web server doesn't start.
    """
    create = cli.create_app_from_workspace_process_context

    def create_guarded(*arguments: Any, **options: Any) -> OwnAddressOnly:
        return OwnAddressOnly(create(*arguments, **options), origins)

    cli.create_app_from_workspace_process_context = create_guarded  # type: ignore[assignment]


if __name__ == "__main__":
    guard(os.environ[ORIGINS_VARIABLE].split())
    cli.main()
