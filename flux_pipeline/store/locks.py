"""Advisory locks over work that needs several transactions: one process at a time, on any machine.

A lock lives in a transaction of a connection of its own, because a pooler in transaction mode gives whatever belongs to
a session to somebody else. Locks within one transaction are `store.lock`.
"""

import contextlib
import time
from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

from flux_pipeline.store.engine import NO_TIME_LIMIT, one_off_engine

# Whoever waits asks again and holds no connection meanwhile: two that wait inside a pool of two would keep the one that
# works from its own.
RETRY_SECONDS = 0.2


@contextlib.contextmanager
def one_at_a_time(url: URL, task: str) -> Iterator[None]:
    """Do `task` while nobody else does it; waits for who does.

    The lock ends with the process, whatever happens to it, and the server's time limits for idle transactions do not
    end it.

    Args:
        url: the database whose lock it is, and the login.
        task: the lock's name.
    """
    engine = one_off_engine(url)
    try:
        with engine.connect() as connection:
            while not _taken(connection, task):
                connection.rollback()
                time.sleep(RETRY_SECONDS)
            yield
    finally:
        engine.dispose()


def _taken(connection: Connection, task: str) -> bool:
    connection.execute(NO_TIME_LIMIT)
    query = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:task, 0))")
    return bool(connection.scalar(query, {"task": task}))
