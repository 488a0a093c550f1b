"""Real shortages for the time of a block: limits of this process, set low."""

import contextlib
import resource
from collections.abc import Iterator


@contextlib.contextmanager
def limited(limit: int, value: int) -> Iterator[None]:
    """Lower a limit such as resource.RLIMIT_FSIZE; the root user is held to it like any other."""
    soft, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(limit, (soft, hard))
