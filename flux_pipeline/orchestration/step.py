"""What every step does around its work: say what a failure means to Dagster, and how long the work took.

Our TransientError is tried again, everything else fails at once. What caused an error is not told to Dagster, which
would keep it: the database's own words may hold a restaurant's row, and so may those of a library.
"""

import contextlib
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from flux_pipeline.errors import PermanentError, TransientError

# Three tries over about half a minute outlast a restart of the database; jitter keeps a fleet from coming back at once.
RETRY_TRANSIENT = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# Dagster draws the course of this number over time.
ROW_COUNT = "dagster/row_count"


class Step:
    """A step under way."""

    def __init__(self) -> None:
        """The clock starts here."""
        self._began = time.perf_counter()

    def result(self, metadata: Mapping[str, Any]) -> dg.MaterializeResult:
        """The asset's result: `metadata` with the duration, and the row count where Dagster looks for it."""
        rows = {ROW_COUNT: metadata["rows"]} if "rows" in metadata else {}
        shown = {key: "none" if value is None else value for key, value in metadata.items()}
        return dg.MaterializeResult(metadata={**shown, **rows, "seconds": round(time.perf_counter() - self._began, 3)})


@contextlib.contextmanager
def step() -> Iterator[Step]:
    """Let a TransientError through to the step's retry policy; end the step for good on anything else.

    Of a defect Dagster gets the kind and where it came up; the whole of it goes to standard error.
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
        traceback.print_exception(exc, file=sys.stderr)
        told = f"This is a defect of Flux: {type(exc).__name__}. The standard error of the step says more."
        raise dg.Failure(description=told, allow_retries=False).with_traceback(exc.__traceback__) from None
