"""Restore of a lost database from its backup: afterwards the pipeline finds nothing to do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from flux_pipeline_tests.system.conftest import Flux

# A demo before and after a complete restore takes minutes on a busy machine.
pytestmark = pytest.mark.timeout(900)


def test_after_a_restore_the_demo_changes_nothing(
    demo: subprocess.CompletedProcess[str], flux: Flux, folder: Path
) -> None:
    def succeed(*arguments: str) -> str:
        done = flux(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # A running server saves each command the seconds of starting and stopping it.
    succeed("db", "start")
    assert " MB, " in succeed("db", "backup", "flux.backup")

    # The disk of the server is lost, the archive is not.
    succeed("db", "stop")
    pgdata = folder / ".flux" / "pgdata"
    lost = pgdata.rename(folder / "lost-pgdata")
    try:
        assert "each as backed up" in succeed("db", "restore", "flux.backup")
        assert "Nothing changed" in succeed("demo")
    finally:
        flux("db", "stop")
        shutil.rmtree(pgdata, ignore_errors=True)
        lost.rename(pgdata)
