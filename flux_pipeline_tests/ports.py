"""A port on this machine for a server that a test starts, or where none must answer."""

import random
import socket

# Below the ports that Linux (from 32768) and macOS (from 49152) give to connections: there, any client of a test that
# runs beside this one may take the port before the server has it.
PORTS = range(10_000, 30_000)


def free_port() -> int:
    """Return a port that no process of this machine uses."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
