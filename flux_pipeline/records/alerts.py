"""Alerts as values: what is wrong, how much it matters, and whether somebody has seen it."""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How soon somebody should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertStatus(StrEnum):
    """The state of an alert: `acknowledged` if a person knows of it, `closed` once its cause is gone."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Channel(StrEnum):
    """A way by which an alert reaches somebody outside."""

    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True)
class Cause:
    """What a run has found that somebody should know of; the fields are those of the alert that it opens."""

    kind: str
    about: str
    severity: Severity
    message: str


@dataclass(frozen=True)
class Alert:
    """One cause that somebody should know of.

    Attributes:
        slug: the restaurant, None if the alert concerns no single one.
        kind: what was noticed, for example "run_failed".
        about: what it was noticed of, for example the step or the file.
        message: a sentence or two for people. Those of alerts that are sent name no row of a restaurant, unless it has
            asked for that.
        delivery_error: why the last attempt to send it failed.
        unsent: the channels by which it has not been sent.
    """

    id: uuid.UUID
    slug: str | None
    kind: str
    about: str
    severity: Severity
    status: AlertStatus
    message: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    acknowledged_by: str | None
    delivery_error: str | None
    unsent: frozenset[Channel]

    @property
    def short_id(self) -> str:
        """The first characters of the id, which are enough to name it."""
        return str(self.id)[:8]
