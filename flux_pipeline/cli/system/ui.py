"""Command `flux ui`: Dagster's web UI and daemon on the same database."""

import os
import socket
from urllib.parse import urlsplit

import click

from flux_pipeline.cli.console import note, ready_store
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store

HOST = "127.0.0.1"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Default: FLUX_UI_PORT, else 3000.")
@click.option("--read-only", is_flag=True, help="The pages show everything, but launch and change nothing.")
@click.option("--no-daemon", is_flag=True, help="Only the pages, beside a `flux ui` that runs schedules and sensors.")
@click.option(
    "--public-url",
    metavar="URL",
    help="The address at which a proxy serves the pages. Default: FLUX_UI_PUBLIC_URL.",
)
def ui(port: int | None, read_only: bool, no_daemon: bool, public_url: str | None) -> None:
    """Start Dagster's web UI and its daemon (schedules, sensors); Ctrl-C stops everything.

    It listens on 127.0.0.1, answers only requests to its own address, and has no login of its own: whoever reaches it
    can start runs. For colleagues, put it behind a proxy that asks for a login and pass the proxy's address as
    --public-url (docs/operations.md has an example).
    """
    from flux_pipeline.orchestration.ui.supervisor import Plan, become

    with ready_store() as store:
        chosen = port or store.settings.ui_port
        check_port(chosen)
        origins = [f"http://{HOST}:{chosen}", f"http://localhost:{chosen}"]
        if public := public_url or store.settings.ui_public_url:
            origins.append(check_url(public))
        environment = _prepare(store)
        settings = store.settings
    note(f"Dagster's UI: {origins[0]}  (Ctrl-C stops it)")
    home = None if settings.database_url else str(settings.home)
    stops_server = settings.server_idle_minutes == 0
    become(Plan(HOST, chosen, origins, read_only, not no_daemon, home, stops_server), environment)


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


def check_url(url: str) -> str:
    """Return the origin of a URL: its scheme, host and port.

    Raises:
        PermanentError: it is not the address of a server, or it has a path.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise PermanentError(
            f"{url!r} is not the address of a server. Give its scheme and host only, such as https://flux.example.org."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _prepare(store: Store) -> dict[str, str]:
    """Bring the partitions up to date, and return the environment that Dagster's processes need."""
    from flux_pipeline.orchestration.commands.launch import close_dead_runs
    from flux_pipeline.orchestration.instance import instance_environment, open_instance
    from flux_pipeline.orchestration.partitions import sync_partitions
    from flux_pipeline.store.restaurant import list_restaurants

    with store.fleet() as connection:
        slugs = [restaurant.slug for restaurant in list_restaurants(connection, active_only=True)]
    with open_instance(store) as instance:
        sync_partitions(instance, slugs)
        close_dead_runs(instance)
    return {**os.environ, **store.settings.environment(), **instance_environment(store)}
