"""Advisory locks: they let one process at a time, on any machine, run a transaction or work that takes several.

Each lock lives in a transaction, because a pooler in transaction mode hands a session's locks to other clients.
The locks' numbers come from `roles.lock_key`, so that no other login can take them.
"""

import contextlib
import datetime as dt
import logging
import time
from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import OperationalError

from flux_pipeline.errors import TransientError
from flux_pipeline.store.postgres.engine import NO_TIME_LIMIT, one_off_engine
from flux_pipeline.store.postgres.roles import lock_key

# A waiting process asks again and holds no connection in between: two waiting processes in a pool of two would keep the
# working one from getting its own.
RETRY_SECONDS = 0.2
# Most locks are held for less than this; a person who waits longer wants to know who holds the lock.
SOON_SECONDS = 5.0
# A load of a million lines takes some minutes and is worth waiting for; what takes longer is probably stuck.
LONGEST_SECONDS = 600.0

TRY = text("SELECT pg_try_advisory_xact_lock(:key)")
WAIT = text("SELECT pg_advisory_xact_lock(:key)")
LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :timeout, true)")
LOCK_NOT_AVAILABLE = "55P03"
# The server shows a lock's number in halves. It shows a transaction's start only to roles that see others' statements.
HOLDER = text("""
SELECT l.pid, a.usename, a.application_name, a.xact_start FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = CAST(:high AS oid) AND l.objid = CAST(:low AS oid)
""")

WAITING = "Waiting for the lock on %s, held by %s."

log = logging.getLogger(__name__)


def lock(connection: Connection, task: str, in_words: str | None = None) -> None:
    """Wait until no other transaction holds the lock on `task`, and hold it until this transaction ends.

    Args:
        connection: in a transaction. Every process that takes this lock must be connected as the same login.
        task: the lock's name.
        in_words: the lock's name in messages; default: `task`.

    Raises:
        TransientError: another process held it for LONGEST_SECONDS; the message names the holder.
    """
    key = lock_key(connection.engine.url, task)
    if connection.scalar(TRY, {"key": key}):
        return
    # Wait in the server's own queue instead of asking again: the server detects two that wait for each other.
    if _taken_within(connection, key, SOON_SECONDS):
        return
    log.warning(WAITING, in_words or task, _holder(connection, key))
    if not _taken_within(connection, key, LONGEST_SECONDS - SOON_SECONDS):
        raise _held_too_long(in_words or task, _holder(connection, key))


@contextlib.contextmanager
def one_at_a_time(url: URL, task: str) -> Iterator[None]:
    """Run the block while no other process does `task`; wait for one that does.

    The lock ends with the process, however that ends; the server's time limits for idle transactions do not end it.

    Args:
        url: the database whose lock it is, and the login; every process that does this task must use the same login.
        task: the lock's name.

    Raises:
        TransientError: another process held it for LONGEST_SECONDS; the message names the holder.
    """
    engine = one_off_engine(url)
    try:
        with engine.connect() as connection:
            _take_in_turn(connection, lock_key(url, task), task)
            yield
    finally:
        engine.dispose()


def _take_in_turn(connection: Connection, key: int, task: str) -> None:
    began = time.monotonic()
    was_logged = False
    while True:
        connection.execute(NO_TIME_LIMIT)
        if connection.scalar(TRY, {"key": key}):
            return
        waited = time.monotonic() - began
        if waited > SOON_SECONDS and not was_logged:
            was_logged = True
            log.warning(WAITING, task, _holder(connection, key))
        if waited > LONGEST_SECONDS:
            raise _held_too_long(task, _holder(connection, key))
        connection.rollback()
        time.sleep(RETRY_SECONDS)


def _taken_within(connection: Connection, key: int, seconds: float) -> bool:
    before = connection.scalar(text("SELECT current_setting('lock_timeout')"))
    savepoint = connection.begin_nested()
    try:
        connection.execute(LOCK_TIMEOUT, {"timeout": f"{max(1, round(seconds * 1000))}ms"})
        connection.execute(WAIT, {"key": key})
        connection.execute(LOCK_TIMEOUT, {"timeout": before})
    except OperationalError as exc:
        savepoint.rollback()
        if getattr(exc.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return False
    savepoint.commit()
    return True


def _holder(connection: Connection, key: int) -> str:
    """Describe who holds the lock."""
    halves = {"high": key >> 32 & 0xFFFFFFFF, "low": key & 0xFFFFFFFF}
    row = connection.execute(HOLDER, halves).first()
    if row is None:
        return "a transaction that has just ended"
    since = "" if row.xact_start is None else f" since {_local(row.xact_start)}"
    return f"{row.usename} (process {row.pid} of the server, {row.application_name or 'no name'}){since}"


def _local(moment: dt.datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %z}"


def _held_too_long(task: str, holder: str) -> TransientError:
    return TransientError(
        f"Waited {LONGEST_SECONDS:,.0f} s for the lock on {task}, held by {holder}. Try again when it has finished; "
        "if it is stuck, let an administrator end it with SELECT pg_terminate_backend(process)."
    )
