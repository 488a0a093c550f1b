"""Deadline of an answer, from its first byte to its last.

A timeout of sockets is one of each pause: a server that sends a byte a second, of its header or of its body, never
pauses for long. So each answer is read through a file that looks at the clock before every piece.
"""

import http.client
import io
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class _TimedFile(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, seconds: float, clock: Callable[[], float]) -> None:
        self._raw, self._clock, self._end = raw, clock, clock() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._clock() > self._end:
            raise TimeoutError
        return self._raw.readinto(buffer)

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class DeadlineAdapter(HTTPAdapter):
    """Connections whose answers raise a timeout if they are not complete after so many seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        class Response(http.client.HTTPResponse):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.fp = io.BufferedReader(_TimedFile(self.fp.detach(), seconds, clock))

        class Connection(HTTPConnection):
            response_class = Response

        class SecureConnection(HTTPSConnection):
            response_class = Response

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = SecureConnection

        self._pools = {"http": Pool, "https": SecurePool}
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        """Return the pools of connections through a proxy."""
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager
