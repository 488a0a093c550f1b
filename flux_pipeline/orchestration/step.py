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
# Under this name Dagster shows the number of rows beside the asset; the one number under which it is kept.
ROW_COUNT = "dagster/row_count"
# What a reader looks for first, in this order.
FIRST = ("as_of", "unchanged_since_run", "rows_pending", "rows_approved", ROW_COUNT)
# Counts that Dagster plots over time, so that a zero is a point; any other zero says nothing.
PLOTTED = ("rows", ROW_COUNT, "uploads_waiting", "files_read", "new_files")
# Characters of a hash that Dagster keeps: it stores a version with each asset that is made from it.
VERSION_LENGTH = 16
# The tag under which Dagster keeps it with a materialization.
VERSION_TAG = "dagster/data_version"


class Step:
    """A running step, and the clock that measures it."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def result(
        self, metadata: Mapping[str, Any], version: str | None = None, table: str | None = None
    ) -> dg.MaterializeResult:
        """Return the asset's result, and add `metadata` to it with the duration and the row count under Dagster's key.

        Dagster stores the metadata of a result with its output too; what is added to the asset is stored once.

        Args:
            metadata: what to show of the result; what is missing, empty or zero is left out.
            version: a text that changes exactly when the rows do, so that Dagster calls what was made from other rows
                unsynced; None: each run makes new rows.
            table: the asset, of a step that fills several tables.
        """
        named = _with_windows({ROW_COUNT if key == "rows" else key: value for key, value in metadata.items()})
        first = {key: named[key] for key in FIRST if key in named}
        shown = {key: value for key, value in (first | named).items() if _says_something(key, value)}
        seconds = round(time.perf_counter() - self._began, 3)
        dg.AssetExecutionContext.get().add_asset_metadata({**shown, "seconds": seconds}, asset_key=table)
        data_version = dg.DataVersion(short_version(version)) if version else None
        return dg.MaterializeResult(asset_key=table, data_version=data_version)


def short_version(version: str) -> str:
    """Return the part of a version that Dagster keeps."""
    return version[:VERSION_LENGTH]


def _with_windows(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata with the entries `..._from` and `..._to` as one, from day to day."""
    ends = {key: key.removesuffix("_from") + "_to" for key in metadata if key.endswith("_from")}
    shown = {}
    for key, value in metadata.items():
        if key in ends and value and metadata[ends[key]]:
            name = "window" if key == "window_from" else key.replace("_from", "_window")
            shown[name] = f"{value[:10]} to {metadata[ends[key]][:10]}"
        elif key not in {*ends, *ends.values()}:
            shown[key] = value
    return shown


def _says_something(key: str, value: Any) -> bool:
    if value is None or value == {}:
        return False
    return type(value) is not int or value != 0 or key.startswith(PLOTTED)


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
