"""Hostile names, links, pipes and rights in the landing folder: each is an obstacle, and every other file is taken."""

import contextlib
import os
import resource
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.feeds.files import file_source
from flux_pipeline.feeds.landing import LandedFile, landed_files, landed_owners
from flux_pipeline_tests.shortages import limited
from flux_pipeline_tests.unit.feeds.test_landing import drop

NOBODY = 65534


@pytest.fixture
def landing() -> Iterator[Path]:
    """Make a landing folder that every user may enter, with a short path, because that of a socket is limited."""
    folder = Path(tempfile.mkdtemp(prefix="flux-landing-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextlib.contextmanager
def as_plain_user() -> Iterator[None]:
    """Run the block as a user whom permissions bind; root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def only_file(landing: Path, owner: str = "bistro") -> LandedFile:
    (file,) = landed_files(landing, owner).files
    return file


def obstacles(landing: Path, owner: str = "bistro") -> list[str]:
    return [sentence.removeprefix(f"{landing}/") for sentence in landed_files(landing, owner).obstacles]


def content(file: LandedFile) -> bytes:
    with file.source().stream() as stream:
        return stream.read()


def test_what_is_no_file_is_an_obstacle_and_the_files_beside_it_are_found(landing: Path) -> None:
    drop(landing, "bistro/sales/good.csv")
    folder = landing / "bistro" / "sales"
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    (folder / "refused").mkdir()
    (folder / "link.csv").symlink_to(folder / "good.csv")
    (landing / "bistro" / "loose.csv").touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.csv"))
        found = obstacles(landing)
    assert only_file(landing).name == "good.csv"
    assert found[0].startswith("bistro/loose.csv is a file, not a folder.")
    assert found[1:] == [
        f"bistro/sales/{what}.csv is a {what}. Put a file in its place, or remove it."
        for what in ("folder", "link", "pipe", "socket")
    ]


def test_any_name_can_be_shown_and_stored(landing: Path) -> None:
    folder = landing / "bistro" / "sales"
    folder.mkdir(parents=True)
    names = [
        b"K\xfcche.csv",
        b"two\nlines\x1b[2J" + b"x" * 242,
        "R\u202egpj.csv".encode(),
        "3.04\u202fPM é.csv".encode(),
    ]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(name)
    files = landed_files(landing, "bistro").files
    assert {content(file) for file in files} == set(names)
    assert {file.source().name for file in files} == {
        r"K\xfcche.csv",
        r"two\nlines\x1b[2J" + "x" * 242,
        r"R\u202egpj.csv",
        "3.04\u202fPM é.csv",
    }
    assert all(text.encode() for file in files for text in (file.shown, file.version))


def test_what_may_not_be_read_is_an_obstacle(landing: Path) -> None:
    for owner in ("a", "b", "c"):
        drop(landing, f"{owner}/sales/good.csv")
    drop(landing, "a/menu/secret.csv").chmod(0)
    drop(landing, "b/menu/secret.csv").parent.chmod(0)
    (landing / "c").chmod(0)
    with as_plain_user():
        found = {owner: landed_files(landing, owner) for owner in landed_owners(landing)}
    (landing / "c").chmod(0o755)
    assert {owner: [file.name for file in landed.files] for owner, landed in found.items()} == {
        "a": ["good.csv"],
        "b": ["good.csv"],
        "c": [],
    }
    assert [sentence.removeprefix(f"{landing}/") for landed in found.values() for sentence in landed.obstacles] == [
        "a/menu/secret.csv can't be read (Permission denied). Let Flux's user read it.",
        f"The folder {landing}/b/menu can't be read (Permission denied). Let Flux's user read it.",
        f"The folder {landing}/c can't be read (Permission denied). Let Flux's user read it.",
    ]


def test_no_folder_that_is_a_link_is_followed(landing: Path) -> None:
    drop(landing, "cafe/sales/secret.csv")
    drop(landing, "bistro/menu/good.csv")
    (landing / "bistro" / "sales").symlink_to(landing / "cafe" / "sales")
    (landing / "diner").symlink_to(landing / "cafe")
    assert only_file(landing).name == "good.csv"
    assert "bistro/sales is a link" in obstacles(landing)[0]
    assert landed_files(landing, "diner").files == ()
    assert "diner is a link" in obstacles(landing, "diner")[0]
    inner = landing / "inner"
    inner.symlink_to(landing)
    assert landed_files(inner, "cafe").files == ()
    with pytest.raises(PermanentError, match=r"landing folder .* is a link\. Name the folder itself with FLUX_LANDING"):
        landed_owners(inner)


@pytest.mark.parametrize("part", ["file", "folder"])
def test_a_file_that_becomes_a_link_after_it_was_seen_is_not_read(landing: Path, part: str) -> None:
    mine, secret = drop(landing, "bistro/sales/a.csv", "mine"), drop(landing, "cafe/sales/a.csv", "gold")
    # The same size and time; only the inode tells them apart.
    for path in (mine, secret):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    seen = only_file(landing)
    mine.unlink()
    if part == "file":
        mine.symlink_to(secret)
    else:
        mine.parent.rmdir()
        mine.parent.symlink_to(secret.parent)
    with pytest.raises(PermanentError):
        seen.source()
    assert (seen.take_away() if part == "file" else seen.is_unchanged()) is False
    assert secret.read_text() == "gold"


def test_an_opened_file_is_read_to_its_end_whatever_its_name_means_by_then(landing: Path) -> None:
    path = drop(landing, "bistro/sales/a.csv", "mine")
    source = only_file(landing).source()
    drop(landing, "cafe/sales/a.csv", "gold").replace(path)
    with source.stream() as one, source.stream() as other:
        assert (one.read(), one.read(), other.read(2), other.seek(-1, 2), other.read()) == (
            b"mine",
            b"",
            b"mi",
            3,
            b"e",
        )


def test_the_version_of_a_file_does_not_depend_on_the_time_that_it_claims(landing: Path) -> None:
    versions = set()
    for text in ("one", "two"):
        path = drop(landing, "bistro/sales/a.csv", text)
        os.utime(path, (4_000_000_000, 4_000_000_000))
        file = only_file(landing)
        versions.add(file.version)
        assert abs(file.modified_at.timestamp() - path.stat().st_ctime) < 0.01
    assert len(versions) == 2


def test_refused_files_with_the_longest_names_are_all_kept(landing: Path) -> None:
    name = "ü" * 125 + "x.csv"
    for number in range(3):
        drop(landing, f"bistro/sales/{name}", f"{number}")
        assert only_file(landing).refuse()
    refused = (landing / "bistro" / "sales" / "refused").iterdir()
    assert {path.read_text(): path.name for path in refused} == {
        "0": name,
        "1": "ü" * 123 + " (2).csv",
        "2": "ü" * 123 + " (3).csv",
    }


def test_a_file_that_can_not_be_moved_or_removed_stays_and_that_is_said(landing: Path) -> None:
    path = drop(landing, "bistro/sales/a.csv", "mine")
    elsewhere = landing / "cafe"
    elsewhere.mkdir()
    (path.parent / "refused").symlink_to(elsewhere)
    with pytest.raises(PermanentError, match="can't be moved to the folder 'refused' beside it"):
        only_file(landing).refuse()
    file = only_file(landing)
    path.parent.chmod(0o555)
    with as_plain_user(), pytest.raises(PermanentError, match="was read but can't be removed"):
        file.take_away()
    path.parent.chmod(0o755)
    assert path.read_text() == "mine" and not list(elsewhere.iterdir())


def test_a_pipe_is_refused_without_waiting_for_its_writer(landing: Path) -> None:
    os.mkfifo(landing / "pipe.csv")
    with pytest.raises(PermanentError, match=r"pipe\.csv is a pipe\. Save what it gives to a file"):
        file_source(landing / "pipe.csv")


def test_a_process_with_too_many_open_files_makes_no_file_a_bad_one(landing: Path) -> None:
    path = drop(landing, "bistro/sales/a.csv")
    file = only_file(landing)
    with limited(resource.RLIMIT_NOFILE, 0):
        for opened in (lambda: file_source(path), file.source, lambda: landed_owners(landing)):
            with pytest.raises(TransientError, match="Too many open files"):
                opened()
        assert "next run tries again" in obstacles(landing)[0]
    assert content(only_file(landing)) == b"x"
