"""The two ways in which work can fail: for good, or for now.

Every error that Flux raises on purpose is one of these. The message is for the person who must act on it: it says what
was found, what was expected and what to do. Nothing else belongs here.
"""


class FluxError(Exception):
    """Something that Flux refuses or can't do; the message is one clear sentence."""


class PermanentError(FluxError):
    """Trying again changes nothing: a bad file, a wrong setting, an unknown restaurant. Nobody retries."""


class TransientError(FluxError):
    """Trying again may help: a lost connection, a deadlock, a busy server. The step retries."""
