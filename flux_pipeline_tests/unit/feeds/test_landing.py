"""The landing folder: a file's place gives its owner and kind, and a half-written file is left alone."""

import os
from pathlib import Path

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.landing import PATIENCE_SECONDS, Landed, landed_files, landed_owners, settled_files


def drop(landing: Path, place: str, content: str = "x") -> Path:
    path = landing / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_a_file_is_found_with_its_owner_and_kind(tmp_path: Path) -> None:
    drop(tmp_path, "bistro/sales/b.csv")
    drop(tmp_path, "bistro/sales/a.csv")
    drop(tmp_path, "cafe/menu/c.csv")
    assert [(f.owner, f.kind, f.path.name) for f in landed_files(tmp_path, "bistro").files] == [
        ("bistro", "sales", "a.csv"),
        ("bistro", "sales", "b.csv"),
    ]
    assert landed_owners(tmp_path) == ["bistro", "cafe"]


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "a.csv.tmp", "a.csv.crdownload"])
def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path, name: str) -> None:
    drop(tmp_path, f"bistro/sales/{name}")
    assert landed_files(tmp_path, "bistro") == Landed()


def test_a_file_that_changed_since_it_was_seen_is_not_read(tmp_path: Path) -> None:
    path = drop(tmp_path, "bistro/sales/a.csv")
    (seen,) = landed_files(tmp_path, "bistro").files
    assert seen.source().name == "a.csv"
    path.write_text("more of it")
    with pytest.raises(PermanentError, match="changed since it was seen"):
        seen.source()


def test_no_folder_means_no_file(tmp_path: Path) -> None:
    assert landed_files(tmp_path / "absent", "bistro") == Landed()
    assert landed_owners(tmp_path / "absent") == []


def test_a_changed_file_has_another_version(tmp_path: Path) -> None:
    drop(tmp_path, "bistro/sales/a.csv")
    before = landed_files(tmp_path, "bistro").files[0].version
    drop(tmp_path, "bistro/sales/a.csv", "longer")
    assert landed_files(tmp_path, "bistro").files[0].version != before


class Clock:
    """A clock that only sleeping moves, and a file that grows meanwhile."""

    def __init__(self, path: Path, writes: int) -> None:
        self.now = 1_000_000.0
        self.path = path
        self.writes = writes
        os.utime(path, (self.now, self.now))

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.writes:
            self.writes -= 1
            with self.path.open("a") as file:
                file.write("more\n")
            os.utime(self.path, (self.now, self.now))


def test_an_unfinished_copy_is_waited_for(tmp_path: Path) -> None:
    clock = Clock(drop(tmp_path, "bistro/sales/a.csv", "first\n"), writes=20)
    settled = settled_files(tmp_path, "bistro", 2.0, clock=clock, sleep=clock.sleep)
    assert settled.unfinished == ()
    assert settled.files[0].path.read_bytes().count(b"more") == 20


def test_a_copy_that_does_not_end_is_left_for_later(tmp_path: Path) -> None:
    clock = Clock(drop(tmp_path, "bistro/sales/a.csv", "first\n"), writes=10**9)
    settled = settled_files(tmp_path, "bistro", 2.0, clock=clock, sleep=clock.sleep)
    assert (settled.files, [file.name for file in settled.unfinished]) == ((), ["a.csv"])
    assert clock.now < 1_000_000 + PATIENCE_SECONDS + 1


def test_a_file_that_changed_since_it_was_read_is_not_taken_away(tmp_path: Path) -> None:
    path = drop(tmp_path, "bistro/sales/a.csv", "first\n")
    (file,) = landed_files(tmp_path, "bistro").files
    path.write_text("first\nsecond\n")
    assert not file.take_away()
    assert path.read_text() == "first\nsecond\n"
    (again,) = landed_files(tmp_path, "bistro").files
    assert again.take_away()
    assert not path.exists()


def test_a_refused_file_is_moved_aside_and_not_seen_again(tmp_path: Path) -> None:
    for number, content in enumerate(["one", "two", "three"]):
        drop(tmp_path, "bistro/sales/a.csv", content)
        (file,) = landed_files(tmp_path, "bistro").files
        moved = file.refuse()
        assert moved == tmp_path / "bistro/sales/refused" / ["a.csv", "a (2).csv", "a (3).csv"][number]
        assert moved.read_text() == content
    assert landed_files(tmp_path, "bistro") == Landed()
    assert landed_owners(tmp_path) == ["bistro"]


def test_a_file_that_changed_since_it_was_seen_is_not_refused(tmp_path: Path) -> None:
    path = drop(tmp_path, "bistro/sales/a.csv", "first\n")
    (file,) = landed_files(tmp_path, "bistro").files
    path.write_text("first\nsecond\n")
    assert file.refuse() is None
    assert path.exists()
