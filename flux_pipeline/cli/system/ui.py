"""Command `flux ui`: Dagster's web UI and daemon on the same database."""

import os
import signal
import socket
import subprocess
import sys

import click

from flux_pipeline.cli.console import note, ready_store
from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline.store.door import Store

HOST = "127.0.0.1"
# Dagster gives its own children 45 s to end, and an active run may need them.
STOP_SECONDS = 60


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Default: FLUX_UI_PORT, else 3000.")
def ui(port: int | None) -> None:
    """Start Dagster's web UI and its daemon (schedules, sensors); Ctrl-C stops everything."""
    with ready_store() as store:
        chosen = port or store.settings.ui_port
        check_port(chosen)
        environment = _prepare(store)
        note(f"Dagster's UI: http://{HOST}:{chosen}  (Ctrl-C stops it)")
        code = _serve(chosen, environment)
    if code:
        raise PermanentError(f"Dagster ended with code {code}. See its lines above for the reason.")


def check_port(port: int) -> None:
    """Raise an error if the port can't be opened.

    Raises:
        PermanentError: another process uses the port, or this user may not open it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise PermanentError(
                f"Port {port} can't be opened ({exc.strerror}). Stop the process that uses it, or choose another port: "
                f"flux ui --port {port + 1 if port < 65535 else 3000}."
            ) from exc


def _prepare(store: Store) -> dict[str, str]:
    """Add a partition for each restaurant, and return the environment that Dagster's processes need."""
    from flux_pipeline.orchestration.instance import instance_environment, open_instance
    from flux_pipeline.orchestration.launch import close_dead_runs
    from flux_pipeline.orchestration.partitions import add_partitions
    from flux_pipeline.store.restaurant import list_restaurants

    with store.fleet() as connection:
        slugs = [restaurant.slug for restaurant in list_restaurants(connection)]
    with open_instance(store) as instance:
        add_partitions(instance, slugs)
        close_dead_runs(instance)
    return {**os.environ, **store.settings.environment(), **instance_environment(store)}


def _serve(port: int, environment: dict[str, str]) -> int:
    # Dagster recommends `dg dev`, which needs another project layout and does the same.
    command = [sys.executable, "-W", "ignore:Function `dev_command` is superseded", "-m", "dagster", "dev"]
    command += ["-m", "flux_pipeline.definitions", "--host", HOST, "--port", str(port)]
    # A shell's background job ignores Ctrl-C, and its children inherit that: handle it again.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _as_interrupt)
    # In a session of its own, so that Ctrl-C reaches only this process, which interrupts Dagster once and waits for it.
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_DIR, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        note("Stopping ...")
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return 0


def _as_interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
