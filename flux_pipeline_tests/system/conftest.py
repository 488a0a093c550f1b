"""The commands as a new user types them: an own process, a fresh folder, no variable set, the wheel's package."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline_tests.conftest import folder_for_servers

FLUX = str(Path(sys.executable).with_name("flux"))
Flux = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment without anything that was set for Flux or Dagster."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FLUX_", "DAGSTER_"))}
    return clean | variables


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A fresh folder, which the commands of the session share as a user's would."""
    path = folder_for_servers("flux-user-")
    yield path
    subprocess.run([FLUX, "db", "stop"], cwd=path, env=clean_environment(), capture_output=True, check=False)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an installation of the wheel makes, far from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=PROJECT_DIR, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


@pytest.fixture(scope="session")
def flux(folder: Path, installed: Path) -> Flux:
    """Run a `flux` command in the folder, from the installed package."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flux_pipeline", *arguments],
            cwd=folder,
            env=clean_environment(PYTHONPATH=str(installed), **variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    return run


@pytest.fixture(scope="session")
def demo(flux: Flux) -> subprocess.CompletedProcess[str]:
    """`make demo`'s command, for the first time in this folder."""
    done = flux("demo")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def running_server(flux: Flux) -> Iterator[None]:
    """The commands of the module find the server up; starting it for each would be most of their time."""
    assert flux("db", "start").returncode == 0
    yield
    assert flux("db", "stop").returncode == 0
