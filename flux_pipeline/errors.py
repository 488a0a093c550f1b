"""Errors that Flux raises on purpose: permanent ones, and transient ones that a retry may fix.

The message is for the person who must act on it: what was found, what was expected and what to do. This module alone
decides which errors of the system and of the database are transient, because no file is bad for a full disk.
"""

import contextlib
import errno
import os
from collections.abc import Iterator

# A disk that is full or broken, a quota or a limit that is reached, too little memory.
SHORTAGES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
# Beginnings of SQLSTATEs: a lost connection; timeouts; serialization failure and deadlock; no room, memory or free
# connection; a lock that is not free; a canceled statement; a server that starts or stops; errors of its disk.
TRANSIENT_SQLSTATES = ("08", "25P03", "25P04", "40001", "40P01", "53", "55P03", "57014", "57P0", "58")


class FluxError(Exception):
    """Base class of the errors that Flux raises on purpose; the message is one clear sentence."""


class PermanentError(FluxError):
    """An error that a retry can't fix: a bad file, a wrong setting, an unknown restaurant. Never retried."""


class NothingToDoError(PermanentError):
    """There is nothing to work on, for example no sales yet: an algorithm that meets it is skipped and says why."""


class TransientError(FluxError):
    """An error that a retry may fix: a lost connection, a full disk, a deadlock, a busy server. The step retries."""


def is_transient(exc: BaseException) -> bool:
    """Return whether an error of the system or of a database driver may be gone at the next attempt.

    Drivers are known by their attributes: psycopg's errors have a `sqlstate`, those of psycopg2 (Dagster's) a `pgcode`.
    Without a code, an OperationalError is one of the connection.
    """
    if isinstance(exc, OSError):
        return exc.errno in SHORTAGES
    codes = [getattr(exc, name) for name in ("sqlstate", "pgcode") if hasattr(exc, name)]
    if any(codes):
        return str(codes[0]).startswith(TRANSIENT_SQLSTATES)
    is_operational = any(each.__name__ == "OperationalError" for each in type(exc).__mro__)
    return isinstance(exc, MemoryError) or (bool(codes) and is_operational)


def error_about(exc: OSError, message: str) -> FluxError:
    """Return the error to raise from an OSError, with a message for people: a TransientError for a shortage."""
    return TransientError(message) if is_transient(exc) else PermanentError(message)


def as_transient(exc: BaseException) -> TransientError | None:
    """Return an error that is no FluxError in words if it, or what caused it, is transient; else None."""
    cause: BaseException | None = exc
    while cause is not None and not is_transient(cause):
        # SQLAlchemy keeps the driver's error in `orig`.
        cause = getattr(cause, "orig", None) or cause.__cause__
    if cause is None:
        return None
    if isinstance(cause, MemoryError):
        return TransientError("There is not enough memory. End other programs or add memory, then try again.")
    if isinstance(cause, OSError):
        place = f" ({os.fsencode(cause.filename).decode(errors='backslashreplace')})" if cause.filename else ""
        return TransientError(f"{cause.strerror}{place}. Make room or raise the limit, then try again.")
    reason = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
    return TransientError(f"The database can't do it now ({reason}). Make room there if it is full, then try again.")


@contextlib.contextmanager
def shortages_in_words() -> Iterator[None]:
    """Raise transient errors of the system and of the database as TransientErrors; let every other error through."""
    try:
        yield
    except FluxError:
        raise
    except Exception as exc:
        transient = as_transient(exc)
        if transient is None:
            raise
        raise transient from exc
