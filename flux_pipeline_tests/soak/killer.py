"""Kills: every so often a random process of Flux, or its database server, gets SIGKILL."""

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil

from flux_pipeline.store.postgres import server

SERVER_SHARE = 0.25


class Killer(threading.Thread):
    """A thread that kills until it is stopped, and counts what it killed."""

    def __init__(self, home: Path, seconds: float, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.home, self.seconds, self.rng = home, seconds, rng
        self.killed: Counter[str] = Counter()
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.seconds):
            victims = list(self.victims())
            process = server.running_process(self.home) if self.rng.random() < SERVER_SHARE else None
            if process is not None:
                victims = [("the server", process)]
            if victims:
                name, victim = self.rng.choice(victims)
                with contextlib.suppress(psutil.Error):
                    victim.kill()
                    self.killed[name] += 1

    def victims(self) -> Iterator[tuple[str, psutil.Process]]:
        """Yield the running Python processes of this home, with what they are."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("FLUX_HOME") == str(self.home) and (name := name_of(process.cmdline())):
                    yield name, process


def name_of(words: list[str]) -> str | None:
    """Return what a command line of Flux or Dagster is; None for any other."""
    line = " ".join(words)
    if "flux_pipeline.orchestration.ui._program" in words:
        return f"Dagster's {words[words.index('flux_pipeline.orchestration.ui._program') + 1]}"
    if "flux_pipeline" in words:
        return f"flux {words[words.index('flux_pipeline') + 1]}"
    known = {
        "_watcher": "the server's watcher",
        "ui.supervisor": "flux ui",
        "multiprocessing.forkserver": "a run of the daemon, or the process that forks runs",
    }
    return next((name for part, name in known.items() if part in line), None)
