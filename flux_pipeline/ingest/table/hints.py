"""Hints that the sender of a file gives about how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from flux_pipeline.errors import PermanentError


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
