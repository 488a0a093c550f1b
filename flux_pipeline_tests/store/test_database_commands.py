"""Tests of the output of `flux db`; the work of its commands is tested with the modules that do it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flux_pipeline.cli.main import main
from flux_pipeline.store.access.bi_logins import add_reader, list_readers, remove_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.state import schema_state


def flux(*arguments: str) -> Result:
    """Run a command without a terminal."""
    return CliRunner().invoke(main, list(arguments))


def test_current_and_history_show_the_schemas_revision(store: Store) -> None:
    head = schema_state(store).head
    assert flux("db", "current").stdout == f"The schema is {head}, the newest.\n"
    assert flux("db", "downgrade", "002_transactions", "--yes").exit_code == 0
    now = flux("db", "current").stdout.splitlines()
    assert now[0] == f"The schema is 002_transactions; the newest is {head}. `flux db upgrade` would run:"
    assert now[1].startswith("  002a_forecasting: Forecasts of demand") and now[-1].startswith(f"  {head}: ")
    marked = [line for line in flux("db", "history").stdout.splitlines() if line.strip().startswith("->")]
    assert len(marked) == 1 and "002_transactions" in marked[0]
    assert flux("db", "upgrade").stdout == f"The schema went from 002_transactions to {head}.\n"


def test_an_unconfirmed_downgrade_names_what_it_would_drop_and_changes_nothing(
    store: Store, bistro: Restaurant
) -> None:
    done = flux("db", "downgrade", "base")
    assert done.exit_code == 1
    assert "Add --yes to go ahead" in done.stderr
    assert any(line.split() == ["restaurants", "1"] for line in done.stdout.splitlines())
    assert "Drop this, and with it the audit log of who changed what, from" in done.stderr
    assert "Logins of BI tools may still connect and read nothing" in done.stdout
    assert schema_state(store).is_current


def test_a_downgrade_to_the_current_revision_has_nothing_to_do(store: Store) -> None:
    head = schema_state(store).head
    assert flux("db", "downgrade", head).stdout == f"The schema is {head}; there was nothing to do.\n"


def test_backup_and_restore_show_every_table(store: Store, bistro: Restaurant, tmp_path: Path) -> None:
    file = str(tmp_path / "flux.backup")
    made = flux("db", "backup", file)
    assert made.exit_code == 0, made.stderr
    assert any(line.split() == ["restaurants", "1"] for line in made.stdout.splitlines())
    assert "Name another file, or replace it with --force." in flux("db", "backup", file).stderr
    assert flux("db", "restore", file).exit_code == 1
    assert flux("db", "downgrade", "base", "--yes").exit_code == 0
    restored = flux("db", "restore", file)
    assert restored.exit_code == 0, restored.stderr
    assert any(line.split() == ["restaurants", "1", "1", "same"] for line in restored.stdout.splitlines())
    assert "each as backed up" in restored.stdout


def test_a_restore_names_the_logins_of_bi_tools_and_the_commands_that_let_them_in(
    filled: Store, elsewhere: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = {"reader_of_both": ["bistro", "cafe"], "reader_of_one": ["cafe"]}
    for login, slugs in logins.items():
        add_reader(filled, login, slugs)
    try:
        assert flux("db", "backup", str(tmp_path / "flux.backup")).exit_code == 0
        monkeypatch.setenv("FLUX_DATABASE_URL", elsewhere.admin_url.render_as_string(hide_password=False))
        restored = flux("db", "restore", str(tmp_path / "flux.backup"))
        assert restored.exit_code == 0, restored.stderr
        last_lines = restored.stdout.splitlines()[-3:]
        assert last_lines == [
            "2 logins of BI tools can't connect here yet:",
            "  flux readers add reader_of_both --restaurant bistro --restaurant cafe",
            "  flux readers add reader_of_one --restaurant cafe",
        ]
        for line in last_lines[1:]:
            assert flux(*line.split()[1:]).exit_code == 0
        with elsewhere.fleet() as fleet:
            assert {each.login: list(each.slugs) for each in list_readers(fleet) if each.may_connect} == logins
    finally:
        for there in (elsewhere, filled):
            for login in logins:
                remove_reader(there, login)


def test_an_emptied_database_is_not_backed_up(store: Store, tmp_path: Path) -> None:
    assert flux("db", "downgrade", "base", "--yes").exit_code == 0
    assert "so there is nothing to back up" in flux("db", "backup", str(tmp_path / "flux.backup")).stderr
    assert list(tmp_path.glob("*backup*")) == []


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_missing_database_is_not_backed_up(empty_database: object, tmp_path: Path, verb: str) -> None:
    done = flux("db", verb, str(tmp_path / "flux.backup"))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1
