"""Tests of PostgreSQL's programs: the right ones are found, no password is shown, and their errors are understood."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.backup.backup import back_up
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import programs as pg_programs
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.programs import error_line, find_programs
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline_tests.store.backups import quiet


def test_no_password_is_on_a_command_line(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second_admin: Callable[[str], URL]
) -> None:
    seen: list[tuple[str, dict[str, str] | None]] = []
    popen = subprocess.Popen

    def watched(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        seen.append((" ".join(command), options.get("env")))
        return popen(command, **options)

    monkeypatch.setattr(pg_programs.subprocess, "Popen", watched)
    url = second_admin("hunter2").set(database=filled.admin_url.database).update_query_dict({"sslpassword": "hunter3"})
    bootstrap(url)
    protected = Store(filled.settings, url)
    back_up(protected, tmp_path / "flux.backup", quiet)
    protected.dispose()
    password = str(protected.url(Role.FLEET).password)
    (environment,) = [given for command_line, given in seen if "--format=custom" in command_line]
    assert environment is not None and environment["PGPASSWORD"] == password
    assert not any(secret in command_line for secret in ("hunter2", "hunter3", password) for command_line, _ in seen)


def test_the_servers_own_version_is_preferred_and_an_older_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = find_programs(18, 18)
    for major in (15, 17):
        folder = tmp_path / str(major) / "bin"
        folder.mkdir(parents=True)
        for name in pg_programs.PROGRAMS:
            (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.4 (Debian)'\n")
            (folder / name).chmod(0o755)
    monkeypatch.setattr(pg_programs, "DEBIAN_DIR", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "15" / "bin"), prepend=os.pathsep)
    assert find_programs(17, 17).folder == tmp_path / "17" / "bin"
    assert find_programs(16, 16) == brought, "newer programs read an older server"
    monkeypatch.setattr(server, "programs_dir", lambda: tmp_path / "17" / "bin")
    with pytest.raises(PermanentError, match=r"18 or newer; this machine has 15\.4, 17\.4\. .*postgresql-client-18"):
        find_programs(18, 18)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("pg_dump: warning: x\npg_dump: error: connection refused\nhint\n", "connection refused"),
        ('psql:<stdin>:12: ERROR:  role "bi" does not exist\nDETAIL: x\n', 'role "bi" does not exist'),
        ("Killed\n", "Killed"),
        ("", ""),
    ],
)
def test_the_error_line_is_found(output: str, line: str) -> None:
    assert error_line(output) == line


@pytest.mark.parametrize(("version", "major"), [("18.6", 18), ("19beta1", 19), ("19devel", 19), ("9.6.24", 9)])
def test_the_major_version_is_the_first_number(version: str, major: int) -> None:
    assert pg_programs.Programs(Path(), version).major == major
