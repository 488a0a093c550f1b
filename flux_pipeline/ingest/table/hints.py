"""Hints of a file's sender on how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class Hints:
    """The sender's hints; they take precedence over what the file shows.

    Attributes:
        columns: header by field.
        encoding: a codec's name.
        date_order: "day_first", "month_first" or "year_first".
        year_from: the day (ISO) of the first row, for files whose dates have no year.
        decimal: "point" or "comma", for numbers such as 1.250 that are valid with either.
        money: "cents" or "whole", for money without decimals such as 350.
        refunded: "sold" or "left-out", for sales marked as refunded in a file with refunds that may take them back.
        overlap: for a day that is already stored and that the file does not cover: "add" to it or "replace" it.
        keep_columns: headers of unused columns of text that the file is kept with.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    date_order: str | None = None
    year_from: str | None = None
    overlap: str | None = None
    decimal: str | None = None
    money: str | None = None
    refunded: str | None = None
    keep_columns: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the hints that were given, to be stored with the upload."""
        hints = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        keep = {"keep_columns": [*self.keep_columns]} if self.keep_columns else {}
        return {**hints, "columns": dict(self.columns), **keep}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Hints:
        """Return the hints that were stored; raise PermanentError if this version of Flux doesn't know one."""
        try:
            return cls(**{**values, "keep_columns": tuple(values.get("keep_columns", ()))})
        except TypeError as exc:
            raise PermanentError(f"The upload was stored with hints that this version doesn't know ({exc}).") from exc
