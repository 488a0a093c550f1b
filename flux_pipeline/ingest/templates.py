"""Descriptions of the kinds: an example file of each, its required and optional fields, the table in docs/files.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.kinds.registry import KINDS, contract_of

# The lines around the table in docs/files.md.
MARKERS = ("<!-- kinds -->", "<!-- /kinds -->")


def example_file(kind: str) -> str:
    """Return an example file of a kind as CSV; raise PermanentError if the kind is unknown."""
    return contract_of(kind).example


def needs(contract: Contract, write: Callable[[str], str] = str) -> str:
    """Return the required fields, each written by `write`; alternatives are joined as in `date or valid_at`."""
    required = [write(field.name) for field in contract.fields if field.required]
    choices = [" or ".join(_together(list(map(write, way))) for way in choice) for choice in contract.choices]
    return ", ".join(required + choices)


def may_bring(contract: Contract, write: Callable[[str], str] = str) -> str:
    """Return the optional fields, each written by `write`."""
    chosen = {name for choice in contract.choices for way in choice for name in way}
    return ", ".join(write(each.name) for each in contract.fields if not each.required and each.name not in chosen)


def kinds_table(is_loaded: Callable[[str], bool], contracts: Iterable[Contract] = KINDS.values()) -> str:
    """Return the kinds as a Markdown table between its markers; kinds that are not loaded yet are marked."""
    rows = [
        f"| `{each.kind}` | {_in_markdown(each, is_loaded)} | {needs(each, _as_code)} | {may_bring(each, _as_code)} |"
        for each in contracts
    ]
    head = "| kind | what it holds | needs | may bring |"
    return "\n".join([MARKERS[0], head, "|---|---|---|---|", *rows, MARKERS[1]])


def _together(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({' and '.join(names)})"


def _in_markdown(contract: Contract, is_loaded: Callable[[str], bool]) -> str:
    what = contract.description.replace("|", "\\|")
    return what if is_loaded(contract.kind) else f"{what} *Checked, not loaded yet.*"


def _as_code(name: str) -> str:
    return f"`{name}`"
