"""Request and answer of the stand-in, as values, so that a test can change an answer before it is sent."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        number: 1 for the first request that the server got.
        path: the path, without the query.
        query: the parameters, each with its first value.
        headers: the header fields, by their names in lower case.
        base: the address of the server.
    """

    number: int
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    base: str


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        body: the bytes, or pieces that are sent as they come.
        length: the Content-Length; None is that of the body.
    """

    body: bytes | Iterable[bytes]
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None

    def json(self) -> Any:
        """Return what the body says."""
        assert isinstance(self.body, bytes)
        return json.loads(self.body)


def as_json(value: object, status: int = 200) -> Answer:
    """Return the answer whose body is a value in JSON."""
    return Answer(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), status)
