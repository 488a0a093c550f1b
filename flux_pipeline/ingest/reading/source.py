"""Source of a file: a name, and its bytes as often as needed. The caller knows where the bytes come from."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class Source:
    """A file: its name (without a folder), and a function that gives a fresh, seekable stream of its bytes."""

    name: str
    stream: Callable[[], BinaryIO]

    @classmethod
    def of(cls, content: bytes, name: str = "upload") -> Source:
        """Return a source of bytes in memory."""
        return cls(name, lambda: io.BytesIO(content))
