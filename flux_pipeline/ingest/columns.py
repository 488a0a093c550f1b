"""Which column of a file is which field of its contract: as the sender says, else by the header's names.

What the cells hold is not looked at here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.wording import listed, option


def map_header(header: tuple[str, ...], contract: Contract, stated: Mapping[str, str]) -> dict[str, str]:
    """The header in the file of each field of `contract` that it brings; `stated` (field -> header) goes before names.

    A stated header may serve two fields (a date and time in one column). Raises PermanentError where `stated` names a
    field or header that doesn't exist, where two headers claim one field, and where a required field isn't found.
    """
    headers = {field: _stated_header(header, contract, field, name) for field, name in stated.items()}
    free = [name for name in header if name not in headers.values()]
    for field in contract.fields:
        if field.name in headers:
            continue
        found = _recognised(field.name, field.synonyms, free)
        if found is not None:
            headers[field.name] = found
    _check_complete(header, contract, headers)
    return {name: headers[name] for name in contract.field_names if name in headers}


def normalised_name(name: str) -> str:
    """A header's name without case, accents, spaces and signs: "Qté " and "QTE" are both "qte"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _stated_header(names: tuple[str, ...], contract: Contract, field: str, header: str) -> str:
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


def _recognised(field: str, synonyms: tuple[str, ...], free: list[str]) -> str | None:
    """The header that bears the field's own name, else the one that bears a synonym."""
    own = [header for header in free if normalised_name(header) == normalised_name(field)]
    known = {normalised_name(synonym) for synonym in synonyms}
    found = own or [header for header in free if normalised_name(header) in known]
    if len(found) > 1:
        raise PermanentError(
            f"Several columns could be the {field}: {listed(found)}; expected one. "
            f"Say which is meant: {option(field, found[0])}."
        )
    return found[0] if found else None


def _check_complete(names: tuple[str, ...], contract: Contract, headers: Mapping[str, str]) -> None:
    for field in contract.fields:
        if field.required and field.name not in headers:
            raise PermanentError(
                f"No column of the file is recognised as the {field.name} ({field.description}); its columns are "
                f"{listed(names)}. Say which it is: {option(field.name)}."
            )
    for choice in contract.choices:
        if any(all(name in headers for name in way) for way in choice):
            continue
        ways = ", or ".join(" and ".join(way) for way in choice)
        present = sorted({name for way in choice for name in way if name in headers})
        found = f"only {listed(headers[name] for name in present)} ({', '.join(present)})" if present else "none of it"
        # The way that lacks least is the one to show.
        lacking = min(([name for name in way if name not in headers] for way in choice), key=len)
        raise PermanentError(
            f"A {contract.kind} file needs {ways}; found {found}. The file's columns are {listed(names)}. "
            f"Say which column it is: {option(lacking[0])}."
        )
