"""Loggers of runs for terminals: one line for each step, for people who wait, and Dagster's own."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import dagster as dg
from dagster import DagsterEventType

from flux_pipeline.wording import printable

# Metadata of a finished step that a line shows, in this order.
PROGRESS_KEYS = (
    "uploads_waiting",
    "files_read",
    "rows_read",
    "rows_loaded",
    "rows_skipped",
    "rows_rejected",
    "answers_stored",
    "answers_known_already",
    "answers_failed",
    "rows_fetched",
    "as_of",
    "dagster/row_count",
)
# The words for keys whose name is not a word.
LABELS = {
    "dagster/row_count": "rows",
    "answers_stored": "answers stored",
    "answers_known_already": "known already",
    "answers_failed": "failed",
    "rows_fetched": "rows of them",
}


@dg.logger(
    {
        "already_reported": dg.Field(
            str, default_value="", description="Errors and warnings that contain this are left out."
        )
    },
    description="One line for each finished step.",
)
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Return the logger, which writes to standard error because standard output is for results."""
    logger = logging.Logger("flux progress", level=logging.DEBUG)  # Dagster logs its events as debug
    logger.addHandler(ProgressHandler(sys.stderr, context.logger_config["already_reported"]))
    return logger


@dg.logger(dg.colored_console_logger.config_schema, description="Every event, as Dagster prints it.")
def console_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Return Dagster's own logger for terminals, without what a terminal would obey in names of files."""
    logger: logging.Logger = dg.colored_console_logger.logger_fn(context)
    logger.addFilter(_as_printable)
    return logger


def _as_printable(record: logging.LogRecord) -> bool:
    record.msg, record.args = printable(record.getMessage()), ()
    return True


class ProgressHandler(logging.Handler):
    """A handler that turns Dagster's events into lines."""

    def __init__(self, stream: TextIO, already_reported: str = "") -> None:
        """Write lines to `stream`, except errors and warnings that contain `already_reported`."""
        super().__init__()
        self.stream = stream
        self.already_reported = already_reported

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line for a materialized asset or a step that failed, and pass on our own errors and warnings."""
        message = getattr(record, "dagster_meta", {}).get("orig_message", record.getMessage())
        self._show(getattr(record, "dagster_event", None), record.levelno, message)

    def pass_on(self, entry: dg.EventLogEntry) -> None:
        """Write a line for a stored event of a run of another process, as `emit` does for one of this process."""
        self._show(entry.dagster_event, int(entry.level), entry.user_message)

    def _show(self, event: dg.DagsterEvent | None, level: int, message: str) -> None:
        line = _event_line(event) if event is not None else _message_line(level, message)
        if line and not (event is None and self.already_reported and self.already_reported in line):
            self.stream.write(printable(line) + "\n")
            self.stream.flush()


def _event_line(event: dg.DagsterEvent) -> str | None:
    if event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
        metadata = event.step_materialization_data.materialization.metadata
        parts = [
            f"{LABELS.get(name, name).removeprefix('rows_')} {_short(metadata[name].value)}"
            for name in shown_keys(metadata)
        ]
        if "unchanged_since_run" in metadata:
            parts = ["unchanged: the same input as before"]
        if "skipped" in metadata:
            parts = ["skipped"]
        return f"  done  {event.asset_key.to_user_string() if event.asset_key else '':<20} {', '.join(parts)}"
    if event.event_type == DagsterEventType.STEP_RESTARTED:
        return f"  again {event.step_key}"
    return None


def shown_keys(metadata: Mapping[str, Any]) -> list[str]:
    """Return the metadata keys that the line of a step shows.

    A step that read files or answers shows their counts, any other step the number of stored rows.
    """
    has_counts = {"rows_read", "uploads_waiting", "answers_stored"} & set(metadata)
    left_out = {"dagster/row_count"} if has_counts else set()
    return [name for name in PROGRESS_KEYS if name in metadata and name not in left_out]


def _message_line(level: int, message: str) -> str | None:
    # A step that is skipped adds nothing to the failure of the step before it.
    if level < logging.WARNING or message.startswith("Dependencies for step"):
        return None
    return f"  {logging.getLevelName(level).lower()}: {message}"


def _short(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
