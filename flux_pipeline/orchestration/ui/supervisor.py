"""Supervisor of Dagster's processes: the program that `flux ui` turns into once the home is ready.

It runs for weeks, so it imports neither Dagster nor pandas nor the store.
"""

import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from flux_pipeline.orchestration.ui._services import keep_running, services
from flux_pipeline.store.postgres import server


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        host: the address at which the web server listens.
        port: its port.
        origins: the addresses at which browsers may reach it.
        read_only: whether its pages can only show.
        with_daemon: whether schedules and sensors run.
        home: the home whose embedded server is used; None: the server is somebody else's.
        stops_server: whether the embedded server is stopped at the end, if nobody else uses it.
    """

    host: str
    port: int
    origins: list[str]
    read_only: bool
    with_daemon: bool
    home: str | None
    stops_server: bool


def become(plan: Plan, environment: dict[str, str]) -> NoReturn:
    """Replace this process by the supervisor, which keeps its process id and its use of the embedded server."""
    lock = server.keep_through_exec(Path(plan.home)) if plan.home else -1
    sys.stdout.flush()
    sys.stderr.flush()
    program = [sys.executable, "-m", "flux_pipeline.orchestration.ui.supervisor", str(lock), json.dumps(asdict(plan))]
    os.execve(sys.executable, program, environment)


def main() -> None:
    """Run the plan that the arguments give until an interrupt."""
    # A shell's background job ignores Ctrl-C, and its children inherit that: handle it again.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _as_interrupt)
    plan = Plan(**json.loads(sys.argv[2]))
    if plan.home:
        server.rejoin(Path(plan.home), int(sys.argv[1]), stop_at_end=plan.stops_server)
    with tempfile.TemporaryDirectory(prefix="flux-ui-") as folder:
        running = services(
            Path(folder), host=plan.host, port=plan.port, read_only=plan.read_only, with_daemon=plan.with_daemon
        )
        keep_running(running, os.environ, plan.origins, _report)


def _report(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _as_interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
