"""Command group `flux`: it lists its commands without importing them, and each is in the module of its entry."""

import ast
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import MODULES, main

LISTING = "import sys; from flux_pipeline.cli.main import main; main(['--help'], standalone_mode=False); "
LOADED = LISTING + "print(sorted({name.split('.')[0] for name in sys.modules}))"


@pytest.mark.parametrize("name", MODULES)
def test_each_command_is_found_under_its_name(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None and command.name == name


def test_listing_the_commands_imports_no_large_library() -> None:
    printed = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    loaded = set(ast.literal_eval(printed.splitlines()[-1]))
    assert {"click", "flux_pipeline"} <= loaded
    assert not loaded & {"dagster", "numpy", "pandas", "scipy", "matplotlib", "sqlalchemy", "pydantic", "rich"}


def test_an_unknown_command_is_refused() -> None:
    done = CliRunner().invoke(main, ["forcast"])
    assert done.exit_code == 2 and "No such command 'forcast'" in done.output
