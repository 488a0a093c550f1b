"""Bodies of answers: their JSON as Python values, and parts of them as they may be quoted in a sentence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from flux_pipeline.ingest.services.answers import AnswerError
from flux_pipeline.wording import listed, printable, shortened

_LONGEST_QUOTE = 160
# Long enough to recognise a page of a proxy: "<!DOCTYPE html>".
_BEGINNING = 16
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://[^/\s?#]*)[^\s'\"]*", re.IGNORECASE)
_QUERY = re.compile(r"\?\S*=\S*")
_SECRET = re.compile(
    r"\b(?:(api[-_ ]?key|key|token|secret|password|signature)(['\"]?\s*[:=]\s*)|(bearer)(\s+))\S+", re.IGNORECASE
)


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text; raise AnswerError if it is cut, a web page or anything else."""
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise AnswerError(
            "The answer is not text; expected JSON in UTF-8. Check the address with `flux feeds check`."
        ) from None
    if not text:
        raise AnswerError("The answer is empty; expected JSON. Fetch it again later.")
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        pass
    if text[0] in "{[" and text[-1] not in "}]":
        raise AnswerError(f"The answer is cut off after {len(body):,} bytes; expected all of it. Fetch it again later.")
    raise AnswerError(
        f"The answer is not JSON: it begins with '{printable(text[:_BEGINNING])}'. Check the address "
        "with `flux feeds check`, and whether a proxy answers in place of the service."
    )


def quoted(value: object) -> str:
    """Return what a service wrote as it may be shown: short, printable, no paths of addresses and no keys."""
    text = " ".join(value.split()) if isinstance(value, str) else json.dumps(value, default=str)
    text = _SECRET.sub(r"\1\2\3\4…", _QUERY.sub("?…", _ADDRESS.sub(r"\1/…", text)))
    return printable(shortened(text, _LONGEST_QUOTE))


def shape_of(value: object) -> str:
    """Return what a value of JSON is, in words, without what is in it."""
    if isinstance(value, dict):
        return f"an object with {listed(map(quoted, [*value][:5]))}" if value else "an empty object"
    names = ((type(None), "null"), (bool, "true or false"), (str, "a text"), (list, "a list"))
    return next((name for sort, name in names if isinstance(value, sort)), "a number")


def mapping_in(value: object, name: str = "") -> Mapping[str, Any]:
    """Return the mapping under a name, or the value itself; an empty one if there is none."""
    found = value.get(name) if name and isinstance(value, dict) else value
    return found if isinstance(found, dict) else {}


def number_in(value: object) -> float | None:
    """Return a number of JSON as a float, infinite if it is too large for one; None for any other type."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
