"""Fixtures that run commands like a new user: a separate process, a fresh folder, no variables, the wheel's package."""

import functools
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline_tests.conftest import folder_for_servers, one_worker_at_a_time
from flux_pipeline_tests.system import forking

FLUX = str(Path(sys.executable).with_name("flux"))
Flux = Callable[..., subprocess.CompletedProcess[str]]


def clean_environment(**variables: str) -> dict[str, str]:
    """Return the environment without any variable of Flux or Dagster, but for one: no test leaves a server running."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FLUX_", "DAGSTER_"))}
    return clean | {"FLUX_SERVER_IDLE_MINUTES": "0"} | variables


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Make a fresh folder that the commands of the session share, like those of a user."""
    path = folder_for_servers("flux-user-")
    yield path
    subprocess.run([FLUX, "db", "stop"], cwd=path, env=clean_environment(), capture_output=True, check=False)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it into a folder outside the checkout, once for all workers."""
    base = tmp_path_factory.getbasetemp()
    with one_worker_at_a_time(base):
        packages = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "installed"
        if not packages.exists():
            build_and_unpack(packages)
    return packages


def build_and_unpack(packages: Path) -> None:
    """Build the wheel, unpack it and compile its modules, as pip does."""
    dist = packages.with_name("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(dist)]
    subprocess.run(build, cwd=PROJECT_DIR, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # Otherwise each command compiles, which is a third of its time.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(packages)], check=True)


@pytest.fixture(scope="session")
def forked(installed: Path) -> Iterator[Path]:
    """Start a server that forks commands; return a folder with a `flux` that asks it."""
    # The package comes from the wheel, and the server itself from the checkout.
    variables = clean_environment(PYTHONPATH=os.pathsep.join([str(installed), str(PROJECT_DIR)]))
    with forking.running(variables) as folder:
        yield folder


@pytest.fixture(scope="session")
def flux(folder: Path, installed: Path, forked: Path) -> Flux:
    """Run a `flux` command in the folder, from the installed package."""
    return functools.partial(run, str(forked / "flux"), folder=folder, installed=installed)


def run(*command: str, folder: Path, installed: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder, with the installed package."""
    return subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(installed), **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.fixture(scope="session")
def demo(folder: Path, installed: Path) -> subprocess.CompletedProcess[str]:
    """Run the command of `make demo` for the first time in this folder, in a new interpreter."""
    done = run(sys.executable, "-m", "flux_pipeline", "demo", folder=folder, installed=installed)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def running_server(flux: Flux) -> Iterator[None]:
    """Start the server once for the module: starting it for each command would be most of the time."""
    assert flux("db", "start").returncode == 0
    yield
    assert flux("db", "stop").returncode == 0
