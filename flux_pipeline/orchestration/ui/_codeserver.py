"""Dagster's code server, whose runs are forked from a process that has loaded Flux: arguments of `dagster api grpc`."""

import multiprocessing
from multiprocessing import forkserver
from typing import Any

from dagster._cli.api import grpc_command
from dagster._grpc import server

PRELOADED = "flux_pipeline.orchestration.ui._preloaded"


def fork_runs() -> None:
    """Let the code server of this process fork its runs.

    Its command takes no start method, and by default a new interpreter for each run imports everything once more. If
    Dagster renames this class or its attribute, runs are started as before, only later.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    forkserver.ensure_running()

    class ForkingServer(server.DagsterApiServer):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._mp_ctx = context  # type: ignore[assignment]

    server.DagsterApiServer = ForkingServer  # type: ignore[misc]


if __name__ == "__main__":
    fork_runs()
    grpc_command()
