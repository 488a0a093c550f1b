"""Command `flux template`: an example file to fill in, the list of kinds, and no file is ever overwritten."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flux_pipeline.cli.main import main
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline_tests.unit.ingest.reading import read_upload


def template(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["template", *arguments], env={"COLUMNS": "200"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_printed_example_is_a_valid_file_of_its_kind(kind: str) -> None:
    done = template(kind)
    assert done.exit_code == 0
    parsed = read_upload(done.stdout.encode(), kind=kind, place=Place("Europe/Berlin"))
    assert parsed.loaded_count == len(done.stdout.strip().splitlines()) - 1 > 0


def test_a_template_is_written_once_and_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "menu.csv"
    done = template("menu", "--output", str(target))
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"flux upload {target} --kind menu --restaurant SLUG" in done.stderr
    assert target.read_text().startswith("item,category,price,sku,is_active\nCroissant,")
    target.write_text("mine")
    again = template("menu", "--output", str(target))
    assert (again.exit_code, target.read_text()) == (1, "mine")
    assert "already exists" in again.stderr


def test_the_list_shows_every_kind_and_what_it_needs() -> None:
    shown = template("--list").stdout
    assert not [kind for kind in KINDS if f"{kind} " not in shown]
    assert "not loaded yet" not in shown


def test_the_list_of_a_kind_shows_its_fields() -> None:
    shown = template("--list", "ingredients").stdout
    assert not [name for name in KINDS["ingredients"].field_names if f"{name} " not in shown]
    assert "a percentage from 0% to 60%" in shown
    assert "It needs name, unit." in shown


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "Name a kind, for example `flux template menu`"),
        (["sale"], "Unknown kind 'sale'"),
        (["--list", "sale"], "Unknown kind 'sale'"),
        (["menu", "--output", "/no/such/folder/menu.csv"], "can't be written"),
    ],
)
def test_a_refusal_is_one_sentence(arguments: list[str], expected: str) -> None:
    done = template(*arguments)
    assert done.exit_code == 1
    assert expected in done.stderr
