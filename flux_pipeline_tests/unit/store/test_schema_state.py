"""The newest migration: it is found in the files without Alembic, and is the one that Alembic finds."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.schema.state import migrations_folder, newest_revision


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").touch()
    return tmp_path


def write(folder: Path, name: str, after: str | None) -> None:
    before = "None" if after is None else f'"{after}"'
    (folder / "versions" / f"{name}.py").write_text(f'"""Text."""\n\nrevision = "{name}"\ndown_revision = {before}\n')


def test_the_newest_revision_of_flux_is_the_head_that_alembic_finds() -> None:
    migrations = load_settings().migrations_dir
    assert newest_revision(migrations) == ScriptDirectory(str(migrations)).get_current_head()


def test_the_newest_revision_follows_from_the_order_and_not_from_the_names(folder: Path) -> None:
    for name, after in (("b", None), ("c", "b"), ("a", "c")):
        write(folder, name, after)
        assert newest_revision(folder) == name == ScriptDirectory(str(folder)).get_current_head()


@pytest.mark.parametrize(("names", "found"), [((), "0 newest"), (("a", "b"), "2 newest migrations: a, b")])
def test_a_folder_with_no_or_several_newest_migrations_is_refused(
    folder: Path, names: tuple[str, ...], found: str
) -> None:
    for name in names:
        write(folder, name, None)
    with pytest.raises(PermanentError, match=found):
        newest_revision(folder)


def test_a_migration_without_a_name_is_refused_and_not_ignored(folder: Path) -> None:
    write(folder, "a", None)
    (folder / "versions" / "b.py").write_text('revision, down_revision = "b", "a"\n')
    with pytest.raises(PermanentError, match=r"b\.py does not give its name"):
        newest_revision(folder)


def test_a_folder_without_migrations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="FLUX_MIGRATIONS_DIR"):
        migrations_folder(load_settings(migrations_dir=tmp_path))
