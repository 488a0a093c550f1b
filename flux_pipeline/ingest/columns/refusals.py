"""What is said where a file's columns can't be told. How they are found stands in mapping.py."""

from __future__ import annotations

from collections.abc import Mapping

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.contracts import Contract, Field
from flux_pipeline.ingest.wording import listed, option


def find_stated(names: tuple[str, ...], contract: Contract, field: str, header: str) -> str:
    """The header that the sender means. PermanentError where it, or the field, doesn't exist."""
    if field not in contract.field_names:
        raise PermanentError(
            f"'{field}' is no field of a {contract.kind} file; its fields are {listed(contract.field_names)}. "
            "Name one of these before the equals sign: --column field=header."
        )
    if header in names:
        return header
    alike = [name for name in names if normalised_name(name) == normalised_name(header)]
    if len(alike) == 1 and normalised_name(header):
        return alike[0]
    raise PermanentError(
        f"The file has no column '{header}' for {field}; its columns are {listed(names)}. "
        f"Name one of these: {option(field)}."
    )


def not_found(field: Field, names: tuple[str, ...]) -> PermanentError:
    """A field that the file can't do without has no column."""
    return PermanentError(
        f"No column of the file is recognised as the {field.name} ({field.description}); its columns are "
        f"{listed(names)}. Say which it is: {option(field.name)}."
    )


def ambiguous(field: str, found: list[str], why: str) -> PermanentError:
    """Several columns claim one field."""
    return PermanentError(
        f"Several columns {why} the {field}: {listed(found)}; expected one. "
        f"Say which is meant: {option(field, found[0])}."
    )


def incomplete(
    contract: Contract, choice: tuple[tuple[str, ...], ...], headers: Mapping[str, str], names: tuple[str, ...]
) -> PermanentError:
    """None of the ways of a choice of fields is there whole."""
    # The way that lacks least is the one to show.
    lacking = min(([name for name in way if name not in headers] for way in choice), key=len)
    if len(choice) == 1 and len(choice[0]) == 1:
        return not_found(contract.field(choice[0][0]), names)
    ways = ", or ".join(" and ".join(way) for way in choice)
    present = sorted({name for way in choice for name in way if name in headers})
    found = f"only {listed(headers[name] for name in present)} ({', '.join(present)})" if present else "none of it"
    return PermanentError(
        f"A {contract.kind} file needs {ways}; found {found}. The file's columns are {listed(names)}. "
        f"Say which column it is: {option(lacking[0])}."
    )
