"""Tests of backups: a backup is complete or absent, and its manifest is of the same moment as its dump."""

import datetime as dt
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.store.backup import backup
from flux_pipeline.store.backup.backup import back_up
from flux_pipeline.store.backup.restore import read_manifest, restore
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.state import schema_state
from flux_pipeline_tests.store.backups import close, is_empty, quiet


def test_the_manifest_is_of_the_dumps_moment(
    filled: Store, elsewhere: Store, tmp_path: Path, bistro: Restaurant
) -> None:
    dates = (dt.date(2030, 1, 1) + dt.timedelta(days=n) for n in itertools.count())
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            close(filled, bistro, next(dates))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # Rows are also written between the dump and the counting, which run one after the other.
        made = back_up(filled, tmp_path / "flux.backup", lambda _text: time.sleep(0.01))
    finally:
        done.set()
        writer.join()
    assert next(dates) > dt.date(2030, 1, 3)
    assert restore(elsewhere, made.path, quiet).differences == []


def test_an_existing_file_is_replaced_only_with_force(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "flux.backup"
    path.write_text("precious")
    with pytest.raises(PermanentError, match="--force"):
        back_up(filled, path, quiet)
    assert path.read_text() == "precious"
    back_up(filled, path, quiet, overwrite=True)
    assert read_manifest(path).schema_revision == schema_state(filled).head
    assert path.stat().st_mode & 0o077 == 0, "it holds everything, so only its owner reads it"


def test_a_backup_that_fails_leaves_nothing_behind(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.transaction(Role.OWNER) as connection:
        connection.execute(text("CREATE TABLE hidden (id integer)"))
        connection.execute(text("REVOKE ALL ON hidden FROM flux_fleet"))
    with pytest.raises(PermanentError, match=r"GRANT SELECT ON TABLE public\.hidden TO flux_fleet"):
        back_up(filled, tmp_path / "flux.backup", quiet)
    assert list(tmp_path.glob("*backup*")) == list(tmp_path.glob(".*backup*")) == []


def test_another_roles_large_object_does_not_keep_a_backup_from_being_made(filled: Store, tmp_path: Path) -> None:
    with filled.transaction(Role.OWNER) as connection:
        connection.execute(text("SELECT lo_from_bytea(0, 'x')"))
    assert back_up(filled, tmp_path / "flux.backup", quiet).size


def test_a_held_lock_is_a_transient_error_that_shows_how_to_find_the_holder(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "LOCK_WAIT", "50ms")
    with filled.transaction(Role.OWNER) as connection:
        connection.execute(text("LOCK TABLE closures IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(TransientError, match=r"lock timeout\).*`flux doctor --database` shows the process"):
            back_up(filled, tmp_path / "flux.backup", quiet)
    assert list(tmp_path.glob(".*backup*")) == []


def test_a_lock_taken_before_pg_dumps_own_is_a_transient_error_too(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another transaction queues between the backup's own locks and pg_dump's, and pg_dump waits behind it."""
    monkeypatch.setattr(backup, "LOCK_WAIT", "300ms")
    queued = threading.Thread(target=alter, args=(filled.engine(Role.OWNER), "5s"))

    def interfere(words: str) -> None:
        if words.startswith("Dumping") and not words.endswith("MB"):
            queued.start()
            time.sleep(0.2)

    with pytest.raises(TransientError, match=r"canceling statement.*`flux doctor --database` shows the process"):
        back_up(filled, tmp_path / "flux.backup", interfere)
    queued.join()


def alter(engine: Engine, timeout: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('lock_timeout', :timeout, true)"), {"timeout": timeout})
        connection.execute(text("ALTER TABLE weather_data ADD COLUMN colour text DEFAULT 'red'"))


def test_no_table_definition_changes_between_the_dump_and_the_counting(filled: Store, tmp_path: Path) -> None:
    refused = []

    def interfere(words: str) -> None:
        if words.startswith("Counting and summing 1 of"):
            with pytest.raises(OperationalError, match="lock timeout"):
                alter(filled.engine(Role.OWNER), "50ms")
            refused.append(words)

    back_up(filled, tmp_path / "flux.backup", interfere)
    assert len(refused) == 1


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_killed_command_leaves_no_half_result(filled: Store, elsewhere: Store, tmp_path: Path, verb: str) -> None:
    """The command pauses in the middle of its work, and is killed there."""
    path = tmp_path / "flux.backup"
    if verb == "restore":
        back_up(filled, path, quiet)
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from flux_pipeline.settings import load_settings\n"
        "from flux_pipeline.store.backup.backup import back_up\n"
        "from flux_pipeline.store.backup.restore import restore\n"
        "from flux_pipeline.store.door import Store\n"
        "def report(text):\n"
        "    if 'MB' in text: print('in the middle', flush=True); time.sleep(60)\n"
        f"{'back_up' if verb == 'backup' else 'restore'}(Store.connect(load_settings()), Path(sys.argv[1]), report)\n"
    )
    target = filled if verb == "backup" else elsewhere
    environment = os.environ | {"FLUX_DATABASE_URL": target.admin_url.render_as_string(hide_password=False)}
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    children = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(children, timeout=20)[1], "PostgreSQL's programs end with it"
    if verb == "backup":
        assert not path.exists()
    else:
        assert is_empty(elsewhere)
        assert restore(elsewhere, path, quiet).differences == []
