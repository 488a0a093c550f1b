"""A file as it was handed in: a name, and its bytes as often as needed. Where the bytes come from, the caller knows."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class Source:
    """A file: its name (without a folder), and a function that gives a fresh, seekable stream of its bytes."""

    name: str
    stream: Callable[[], BinaryIO]

    @classmethod
    def of(cls, content: bytes, name: str = "upload") -> Source:
        """A source of bytes that are in memory."""
        return cls(name, lambda: io.BytesIO(content))


@dataclass(frozen=True)
class Hints:
    """What the sender says of a file, before what the file says of itself.

    Attributes:
        columns: header by field.
        encoding: a codec's name.
        date_order: "day_first", "month_first" or "year_first".
        year_from: the day (ISO) of the first row, for files whose dates lack the year.
        decimal: "point" or "comma", for numbers such as 1.250 that could be read with either.
        overlap: what a day means that stands already and that the file does not cover: "add" to it or "replace" it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    date_order: str | None = None
    year_from: str | None = None
    overlap: str | None = None
    decimal: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is said, to be stored with the upload."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return {**said, "columns": dict(self.columns)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Hints:
        """The hints that were stored; PermanentError where one is unknown to this version of Flux."""
        try:
            return cls(**values)
        except TypeError as exc:
            raise PermanentError(f"The upload was stored with hints that this version doesn't know ({exc}).") from exc
