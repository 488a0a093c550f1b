"""Restore of a lost database from its backup: afterwards the pipeline finds nothing to do."""

import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from flux_pipeline_tests.system.conftest import Flux

# Ten commands with two complete restores take minutes on a busy machine.
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

    # Only Flux's database is lost: Dagster's database on the same server and the archive still exist.
    pgdata = folder / ".flux" / "pgdata"
    login = {"user": "postgres", "password": (pgdata / "server-password").read_text().strip()}
    with psycopg.connect(host=str(pgdata), dbname="postgres", autocommit=True, **login) as connection:
        connection.execute("DROP DATABASE flux WITH (FORCE)")
    restored = succeed("db", "restore", "flux.backup")
    assert "each as backed up" in restored and "DIFFERS" not in restored
    assert "nothing new since the last run" in succeed("run", "--restaurant", "hearth-and-crumb")

    # The disk of the server is lost, the archive is not.
    succeed("db", "stop")
    lost = pgdata.rename(folder / "lost-pgdata")
    try:
        assert "each as backed up" in succeed("db", "restore", "flux.backup")
        assert "Nothing changed" in succeed("demo")
    finally:
        flux("db", "stop")
        shutil.rmtree(pgdata, ignore_errors=True)
        lost.rename(pgdata)
