"""Errors that Flux raises on purpose: permanent ones, and transient ones that a retry may fix.

The message is for the person who must act on it: what was found, what was expected and what to do.
"""


class FluxError(Exception):
    """Base class of the errors that Flux raises on purpose; the message is one clear sentence."""


class PermanentError(FluxError):
    """An error that a retry can't fix: a bad file, a wrong setting, an unknown restaurant. Never retried."""


class TransientError(FluxError):
    """An error that a retry may fix: a lost connection, a deadlock, a busy server. The step retries."""
