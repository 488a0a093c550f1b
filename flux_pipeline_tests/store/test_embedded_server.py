"""Tests of how the embedded server starts: after crashes of every kind, and closed to the machine's other users."""

import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy.engine import URL

from flux_pipeline.store.postgres import _cluster, server
from flux_pipeline.store.postgres import _os_user as os_user
from flux_pipeline.store.postgres.roles import Role, role_url
from flux_pipeline_tests.conftest import folder_for_servers

PLAIN, ANOTHER = 65534, 65533
# Everything is imported before the process becomes the other user, who may not be able to read it.
AS_USER = """
import os, pathlib, sys
import psycopg
from flux_pipeline.store.postgres import _password, server
user, action, argument = int(sys.argv[1]), sys.argv[2], sys.argv[3]
os.setgroups([])
os.setgid(user)
os.setuid(user)
if action == "start":
    print(server.start(pathlib.Path(argument), stay=True).render_as_string(hide_password=False))
else:
    try:
        psycopg.connect(argument).close()
    except psycopg.OperationalError as refusal:
        print(refusal)
"""


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """A home whose data directory is created once for the module."""
    home = folder_for_servers("flux-embedded-")
    server.start(home)
    yield home
    server.stop(home)
    shutil.rmtree(home)


@pytest.fixture
def crashed(shared_home: Path) -> Path:
    """The home, with the files of a server that was killed a moment ago."""
    if server.running_process(shared_home) is None:
        server.start(shared_home)
    process = server.running_process(shared_home)
    assert process is not None
    process.kill()
    process.wait()
    return shared_home


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that only its owner may enter."""
    folder = folder_for_servers("flux-closed-")
    yield folder
    for home in (folder, *folder.glob("*/")):
        server.stop(home)
    shutil.rmtree(folder)


def let_in(url: URL) -> str:
    """Connect; return an empty text, or the refusal."""
    try:
        psycopg.connect(url.render_as_string(hide_password=False)).close()
    except psycopg.OperationalError as refusal:
        return str(refusal)
    return ""


def as_user(user: int, action: str, argument: object) -> str:
    """Start the server of a home, or connect to a URL, in a process of another OS user; return what it printed."""
    command = [sys.executable, "-c", AS_USER, str(user), action, str(argument)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def modes(folder: Path) -> dict[Path, int]:
    """Return the rights of a folder and of those above it."""
    return {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents)}


FOREIGN = f"{os.getpid()}\n/elsewhere\n1\n5432\n/elsewhere\n\n  1  1\nready\n"


@pytest.mark.parametrize("noted", [FOREIGN, "", "12"], ids=["a foreign process", "nothing", "half a number"])
def test_the_server_starts_whatever_its_process_files_say(crashed: Path, noted: str) -> None:
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (crashed / "pgdata" / name).write_text(noted)
    assert let_in(server.start(crashed)) == ""


def test_the_server_starts_after_an_empty_handle_file(crashed: Path) -> None:
    (crashed / "pgdata" / ".handle_pids.json").write_text("")
    assert let_in(server.start(crashed)) == ""


def test_the_server_starts_while_a_session_of_a_killed_one_still_computes(shared_home: Path) -> None:
    session = psycopg.connect(server.start(shared_home).render_as_string(hide_password=False))
    session.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    computing = psutil.Process(session.info.backend_pid)
    process = server.running_process(shared_home)
    assert process is not None
    process.kill()
    process.wait()
    assert let_in(server.start(shared_home)) == ""
    assert not computing.is_running() or computing.status() == psutil.STATUS_ZOMBIE
    session.close()


def test_a_data_directory_that_was_not_finished_is_made_again(top: Path) -> None:
    (top / "pgdata.new" / "base").mkdir(parents=True)
    (top / "pgdata").mkdir()
    assert let_in(server.start(top)) == ""
    assert not (top / "pgdata.new").exists()


def test_a_server_that_recovers_for_long_is_waited_for_and_reported(
    crashed: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pgdata = crashed / "pgdata"
    # The server asks this command for the log of its changes, and repairs nothing until it answers.
    (pgdata / "postgresql.auto.conf").write_text("restore_command = 'until test -e go; do sleep 0.02; done; false'")
    (pgdata / "recovery.signal").touch()
    monkeypatch.setattr(_cluster, "NOTE_SECONDS", 0.05)
    reported = threading.Event()
    monkeypatch.setattr(_cluster.log, "warning", lambda *_: reported.set())

    def answer() -> None:
        reported.wait(timeout=60)
        (pgdata / "go").touch()

    thread = threading.Thread(target=answer)
    thread.start()
    assert let_in(server.start(crashed)) == ""
    thread.join()
    (pgdata / "postgresql.auto.conf").write_text("")


@pytest.mark.parametrize("length", [None, 120], ids=["short", "long"])
def test_no_other_user_reaches_the_server_of_a_home(top: Path, length: int | None) -> None:
    home = top / ("x" * (length - len(str(top)) - 1) if length else "x")
    home.mkdir()
    before = modes(home)
    url = server.start(home)
    assert modes(home) == before, "a folder above the data directory was opened"
    assert let_in(url) == ""
    assert "no password supplied" in let_in(url.set(password=""))
    assert "authentication failed" in let_in(url.set(password="guessed"))
    assert stat.S_IMODE((home / "pgdata" / "server-password").stat().st_mode) == 0o600
    folder = Path(str(url.query["host"]))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if folder.is_symlink():
        assert stat.S_IMODE(folder.parent.lstat().st_mode) == 0o700
    if os.geteuid() == 0:
        top.chmod(0o755)
        assert "Permission denied" in as_user(PLAIN, "connect", url.render_as_string(hide_password=False))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two other users")
@pytest.mark.parametrize("length", [None, 120], ids=["short", "long"])
def test_no_other_user_reaches_the_server_of_a_plain_user(top: Path, length: int | None) -> None:
    top.chmod(0o755)
    home = top / ("x" * (length - len(str(top)) - 1) if length else "x")
    home.mkdir()
    os.chown(home, PLAIN, PLAIN)
    url = as_user(PLAIN, "start", home)
    assert as_user(PLAIN, "connect", url) == ""
    assert "Permission denied" in as_user(ANOTHER, "connect", url)
    assert let_in(server.start(home)) == "", "root joins it"
    assert (home / "pgdata").stat().st_uid == (home / "pgdata" / "server-password").stat().st_uid == PLAIN


def test_the_home_of_an_earlier_version_gets_passwords(shared_home: Path) -> None:
    url = server.start(shared_home)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("CREATE ROLE flux_app LOGIN")
        (shared_home / "pgdata" / "pg_hba.conf").write_text("# trust\nlocal  all all  trust\n")
        (shared_home / "pgdata" / "server-password").unlink()
        connection.execute("SELECT pg_reload_conf()")
    url = server.start(shared_home)
    app = role_url(url, Role.APP, driver=None).set(database="postgres")
    assert [let_in(url), let_in(app)] == ["", ""]
    for login in (url, app):
        assert "no password supplied" in let_in(login.set(password=""))
    assert server.start(shared_home) == url


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root the server runs as another user")
def test_programs_in_a_folder_of_roots_own_are_copied_for_the_server(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = os_user.programs_dir().parents[1]
    closed, copies = top / "closed", top / "copies"
    closed.mkdir(mode=0o700)
    copies.mkdir()
    for name in (package.name, f"{package.name}.libs"):
        (closed / name).symlink_to(package.with_name(name))
    top.chmod(0o755)
    monkeypatch.setattr(os_user, "programs_dir", lambda: closed / package.name / "pginstall" / "bin")
    monkeypatch.setattr(os_user, "COPIES", copies)
    os_user._programs_for.cache_clear()
    assert let_in(server.start(top / "home")) == ""
    os_user._programs_for.cache_clear()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert len(list(copies.iterdir())) == 1
