"""Wrapper of every step's work: it measures the duration and translates errors for Dagster.

A TransientError is retried, everything else fails at once. Dagster gets no cause of an error, because it would keep it:
an error message of the database or of a library may contain a restaurant's row.
"""

import contextlib
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from flux_pipeline.errors import PermanentError, TransientError, as_transient
from flux_pipeline.wording import printable

# Three retries over about half a minute outlast a restart of the database; jitter spreads the retries of many runs.
RETRY_TRANSIENT = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# Dagster plots this number over time.
ROW_COUNT = "dagster/row_count"


class Step:
    """A running step, and the clock that measures it."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def result(self, metadata: Mapping[str, Any]) -> dg.MaterializeResult:
        """Return the asset's result, and add `metadata` to it with the duration and the row count under Dagster's key.

        Dagster stores the metadata of a result with its output too; what is added to the asset is stored once.
        """
        rows = {ROW_COUNT: metadata["rows"]} if "rows" in metadata else {}
        shown = {key: "none" if value is None else value for key, value in metadata.items()}
        seconds = round(time.perf_counter() - self._began, 3)
        dg.AssetExecutionContext.get().add_asset_metadata({**shown, **rows, "seconds": seconds})
        return dg.MaterializeResult()


@contextlib.contextmanager
def step() -> Iterator[Step]:
    """Let a TransientError through to the step's retry policy; fail the step without retry on anything else.

    A full disk and too little memory are transient, whoever raises the error.
    For a defect, Dagster gets the error's type and traceback; the whole error goes to standard error.
    """
    try:
        yield Step()
    except dg.Failure:
        raise
    except TransientError as exc:
        raise exc from None
    except PermanentError as exc:
        raise dg.Failure(description=str(exc), allow_retries=False) from None
    except Exception as exc:
        if transient := as_transient(exc):
            raise transient from None
        sys.stderr.write(printable("".join(traceback.format_exception(exc))))
        message = f"This is a defect of Flux: {type(exc).__name__}. See the standard error of the step."
        raise dg.Failure(description=message, allow_retries=False).with_traceback(exc.__traceback__) from None


def is_last_attempt(context: dg.AssetExecutionContext) -> bool:
    """Return whether a TransientError would fail the step instead of letting it try again."""
    return context.retry_number >= RETRY_TRANSIENT.max_retries
