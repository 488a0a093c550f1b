"""One thread for linear algebra: sums in another order round otherwise, and a forecast must be the same everywhere."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """While it is open, this process's BLAS runs on one thread.

    With two threads other bytes come out than with one, and on a busy machine matrices as small as a restaurant's take
    six times as long.
    """
    limit: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limit


@functools.cache
def _libraries() -> ThreadpoolController:
    """Looking for the loaded libraries takes 10 ms, setting their threads 0.2 ms."""
    return ThreadpoolController()
