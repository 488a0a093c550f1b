"""A logger that says how a run is getting on, one line a step, for people who wait at a terminal."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import dagster as dg
from dagster import DagsterEventType

# What a person wants to know of a finished step, in this order, where its metadata have it.
TOLD = ("uploads_waiting", "files_read", "rows_read", "rows_loaded", "rows_skipped", "rows_rejected", "as_of", "rows")


@dg.logger(
    {
        "told_elsewhere": dg.Field(
            str, default_value="", description="Errors and warnings with these words are left out."
        )
    },
    description="One line a finished step.",
)
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """The logger; it writes to standard error, so that standard output stays for results."""
    logger = logging.Logger("flux progress", level=logging.DEBUG)  # Dagster logs its events as debug
    logger.addHandler(ProgressHandler(sys.stderr, context.logger_config["told_elsewhere"]))
    return logger


class ProgressHandler(logging.Handler):
    """Turns Dagster's events into lines."""

    def __init__(self, stream: TextIO, told_elsewhere: str = "") -> None:
        """Args: where the lines go; a part of the errors and warnings that the caller tells better."""
        super().__init__()
        self.stream = stream
        self.told_elsewhere = told_elsewhere

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line for a materialized asset or a step that failed, and pass on our own errors and warnings."""
        event: Any = getattr(record, "dagster_event", None)
        line = _event_line(event) if event is not None else _message_line(record)
        if line and not (event is None and self.told_elsewhere and self.told_elsewhere in line):
            self.stream.write(line + "\n")
            self.stream.flush()


def _event_line(event: dg.DagsterEvent) -> str | None:
    if event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
        metadata = event.step_materialization_data.materialization.metadata
        # A step that read a file tells of the file; the others of what stands.
        told = [f"{name.removeprefix('rows_')} {_short(metadata[name].value)}" for name in told_of(metadata)]
        if "unchanged_since_run" in metadata:
            told = ["unchanged: the same input as before"]
        return f"  done  {event.asset_key.to_user_string() if event.asset_key else '':<20} {', '.join(told)}"
    if event.event_type == DagsterEventType.STEP_RESTARTED:
        return f"  again {event.step_key}"
    return None


def told_of(metadata: Mapping[str, Any]) -> list[str]:
    """The names of what a line says of a step with these metadata."""
    left_out = {"rows"} if {"rows_read", "uploads_waiting"} & set(metadata) else set()
    return [name for name in TOLD if name in metadata and name not in left_out]


def _message_line(record: logging.LogRecord) -> str | None:
    message = getattr(record, "dagster_meta", {}).get("orig_message", record.getMessage())
    # That a step is skipped says nothing that the failure of the step before it has not said.
    if record.levelno < logging.WARNING or message.startswith("Dependencies for step"):
        return None
    return f"  {record.levelname.lower()}: {message}"


def _short(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
