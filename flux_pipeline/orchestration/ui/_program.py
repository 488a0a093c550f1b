"""A program of Dagster that ends with `flux ui`: `python -m flux_pipeline.orchestration.ui._program NAME ARGUMENT ...`.

NAME is a key of PROGRAMS; the arguments are those of Dagster's command.
"""

import gc
import os
import runpy
import signal
import sys
import threading
import time

# The module that runs each program, and the words of its command.
PROGRAMS = {
    "code-server": ("flux_pipeline.orchestration.ui._codeserver", []),
    "code-server-without-runs": ("dagster", ["api", "grpc"]),
    "daemon": ("dagster._daemon", ["run"]),
    "webserver": ("flux_pipeline.orchestration.ui._webserver", []),
}


def main() -> None:
    """Run the program that the arguments name."""
    name, *arguments = sys.argv[1:]
    module, words = PROGRAMS[name]
    # As in `flux`: to look for garbage among what imports make takes a quarter of their time.
    gc.set_threshold(20_000)
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    sys.argv = [f"dagster-{name}", *words, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with(parent: int) -> None:
    """Interrupt this process once its parent is gone: a killed `flux ui` can't stop its programs itself."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
