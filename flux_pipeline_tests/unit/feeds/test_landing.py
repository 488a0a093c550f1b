"""The landing folder: whose a file is and what it holds follows from where it lies; a half-written one is not there."""

from pathlib import Path

import pytest

from flux_pipeline.feeds.landing import landed_files, landed_owners


def drop(landing: Path, place: str, content: str = "x") -> Path:
    path = landing / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_a_file_is_found_with_its_owner_and_kind(tmp_path: Path) -> None:
    drop(tmp_path, "bistro/sales/b.csv")
    drop(tmp_path, "bistro/sales/a.csv")
    drop(tmp_path, "cafe/menu/c.csv")
    assert [(f.owner, f.kind, f.path.name) for f in landed_files(tmp_path, "bistro")] == [
        ("bistro", "sales", "a.csv"),
        ("bistro", "sales", "b.csv"),
    ]
    assert landed_owners(tmp_path) == ["bistro", "cafe"]


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "a.csv.tmp", "a.csv.crdownload"])
def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path, name: str) -> None:
    drop(tmp_path, f"bistro/sales/{name}")
    assert landed_files(tmp_path, "bistro") == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = drop(tmp_path, "elsewhere/secret.csv")
    (tmp_path / "bistro" / "sales").mkdir(parents=True)
    (tmp_path / "bistro" / "sales" / "link.csv").symlink_to(secret)
    assert landed_files(tmp_path, "bistro") == []


def test_no_folder_means_no_file(tmp_path: Path) -> None:
    assert landed_files(tmp_path / "absent", "bistro") == []
    assert landed_owners(tmp_path / "absent") == []


def test_a_changed_file_has_another_version(tmp_path: Path) -> None:
    drop(tmp_path, "bistro/sales/a.csv")
    before = landed_files(tmp_path, "bistro")[0].version
    drop(tmp_path, "bistro/sales/a.csv", "longer")
    assert landed_files(tmp_path, "bistro")[0].version != before
