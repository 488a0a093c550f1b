"""The processes behind `flux ui`: they are started, started again when they die, and stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flux_pipeline.orchestration import LOCATION

# Below it, `python -m flux_pipeline...` finds the package, installed or not.
PROJECT_DIR = Path(__file__).resolve().parents[3]
# How `ui._webserver` learns the addresses at which browsers may reach it.
ORIGINS_VARIABLE = "FLUX_UI_ORIGINS"
LOOK_SECONDS = 0.5
# How long to wait before a process that died is started again: twice as long each time, until it has run for a while.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, STEADY_SECONDS = 1.0, 60.0, 60.0
# A run that is active when `flux ui` stops may need as long.
STOP_SECONDS = 60


@dataclass
class Service:
    """A process that should always run, once the file that it needs is there."""

    name: str
    command: Sequence[str]
    needs: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_at: float = field(default_factory=time.monotonic)

    def look(self, environment: Mapping[str, str], report: Callable[[str], None]) -> None:
        """Start the process if it is due; if it died, report that and plan its next start."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at and (self.needs is None or self.needs.exists()):
                self.start(environment)
            return
        code = self.process.poll()
        if code is None:
            return
        self.deaths = 1 if now - self.started_at > STEADY_SECONDS else self.deaths + 1
        # After a night of deaths the power alone would be too large for a float.
        wait = min(FIRST_WAIT_SECONDS * 2 ** min(self.deaths - 1, 10), LONGEST_WAIT_SECONDS)
        self.process, self.start_at = None, now + wait
        report(f"Dagster's {self.name} ended ({how_it_ended(code)}). It is started again in {wait:.0f} s.")

    def start(self, environment: Mapping[str, str]) -> None:
        """Start the process, in a session of its own: Ctrl-C reaches only `flux ui`, which stops each once."""
        self.process = subprocess.Popen(self.command, env=environment, cwd=PROJECT_DIR, start_new_session=True)
        self.started_at = time.monotonic()

    def stop(self, deadline: float) -> None:
        """Interrupt the process, wait for it until the deadline, then kill it with its children."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def services(folder: Path, *, host: str, port: int, read_only: bool = False, with_daemon: bool = True) -> list[Service]:
    """Return what `flux ui` runs: the code server, which loads Flux once, and what asks it.

    Args:
        folder: a private folder for the code server's socket, with a short path.
        host: the address at which the web server listens.
        port: its port.
        read_only: whether its pages can only show.
        with_daemon: whether schedules and sensors run.
    """
    socket, workspace = folder / "code", folder / "workspace.yaml"
    workspace.write_text(f"load_from: [{{grpc_server: {{socket: {socket}, location_name: {LOCATION}}}}}]\n")
    log = ["--log-level", "warning"]
    code = ["--module-name", LOCATION, "--location-name", LOCATION, "--socket", str(socket), *log]
    pages = ["--host", host, "--port", str(port), "--workspace", str(workspace), "--dagster-log-level", "warning"]
    # Pages that can only show start no run, so they need no process to fork runs from.
    name = "code-server" if with_daemon or not read_only else "code-server-without-runs"
    loads_flux = Service("code server", program(name, *code, "--use-python-environment-entry-point"))
    serves_pages = Service("web server", program("webserver", *pages, *["--read-only"] * read_only), needs=socket)
    looks_after_runs = Service("daemon", program("daemon", "--workspace", str(workspace)), needs=socket)
    return [loads_flux, serves_pages, *[looks_after_runs] * with_daemon]


def program(name: str, *arguments: str) -> list[str]:
    """Return the command line of one of Dagster's programs."""
    return [sys.executable, "-m", "flux_pipeline.orchestration.ui._program", name, *arguments]


def keep_running(
    running: Sequence[Service], environment: Mapping[str, str], origins: Sequence[str], report: Callable[[str], None]
) -> None:
    """Run the services until an interrupt, and stop them in reverse order.

    Args:
        running: the services, in the order in which they start.
        environment: the environment of their processes.
        origins: the addresses at which browsers may reach the web server.
        report: is called with a sentence whenever a process died.
    """
    # Without it, the C library keeps memory for each thread that Dagster's servers once had.
    variables = {"MALLOC_ARENA_MAX": "2", **environment, ORIGINS_VARIABLE: " ".join(origins)}
    try:
        while True:
            for service in running:
                service.look(variables, report)
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        report("Stopping ...")
    finally:
        deadline = time.monotonic() + STOP_SECONDS
        for service in reversed(running):
            service.stop(deadline)


def how_it_ended(code: int) -> str:
    """Return a process's exit code or signal in words."""
    return f"code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
