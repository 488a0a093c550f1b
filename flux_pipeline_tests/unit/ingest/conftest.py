"""Files for these tests: tiny ones in the project, and real ones beside it if they exist."""

from collections.abc import Callable
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[2]


@pytest.fixture
def tiny() -> Callable[[str], bytes]:
    """The bytes of a file of flux_pipeline_tests/data, by name."""
    return lambda name: (_TESTS / "data" / name).read_bytes()


@pytest.fixture
def real() -> Callable[[str], bytes]:
    """The bytes of a file of real sales; skips where the folder isn't beside the project."""
    folder = _TESTS.parent.parent / "shared" / "data"

    def read(name: str) -> bytes:
        if not (folder / name).exists():
            pytest.skip(f"the real data ({name}) are not beside the project")
        return (folder / name).read_bytes()

    return read
