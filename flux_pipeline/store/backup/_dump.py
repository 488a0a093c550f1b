"""Contents of a dump, as pg_restore lists them, without what only an administrator may create in a database.

This module runs no program and reads no database; `restore` does.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from flux_pipeline.store.postgres.reader_limits import CLOSED

# `226; 1259 16492 TABLE public closures flux_owner`, `2; 3079 17147 EXTENSION - btree_gist `
ENTRY = re.compile(r"\d+; \d+ (?P<oid>\d+) (?P<kind>[A-Z ]+) (?P<schema>\S+) (?P<name>.+) (?P<owner>\S*)")


@dataclass(frozen=True)
class Contents:
    """pg_restore's list of what to restore, and descriptions of what was left out of it."""

    listing: str
    left_out: tuple[str, ...]


def leave_out(listing: str, *, owner: str, installed: Collection[str], may_be_created: Collection[str]) -> Contents:
    """Leave out extensions that exist or can't be created, and rights on objects that the dump does not create.

    Such rights are on members of extensions and on the system's own functions; only an administrator can grant them.

    Args:
        listing: the output of `pg_restore --list`.
        owner: the role that restores.
        installed: extensions that the database has already; nothing is missing without them, so they are not named.
        may_be_created: extensions that the owner may create.
    """
    entries = [(line, ENTRY.fullmatch(line)) for line in listing.splitlines()]
    created = {(entry["schema"], _bare(entry["name"])) for _, entry in entries if entry and entry["oid"] != "0"}
    kept, left_out = [], []
    for line, entry in entries:
        extension = _extension(entry)
        if extension is not None and (extension in installed or extension not in may_be_created):
            if entry and entry["kind"] == "EXTENSION" and extension not in installed:
                left_out.append(f"the extension {extension}")
        elif entry and _is_foreign_right(entry, owner, created):
            # `bootstrap` has changed the rights on these, and does it in the other database too.
            if not re.match(CLOSED, entry["name"].removeprefix("FUNCTION ").partition("(")[0]):
                left_out.append(f"the rights on {entry['name']}")
        else:
            kept.append(line)
    return Contents("\n".join(kept) + "\n", tuple(left_out))


def _extension(entry: re.Match[str] | None) -> str | None:
    """Return the extension that an entry creates or comments on."""
    if entry is None:
        return None
    if entry["kind"] == "EXTENSION":
        return entry["name"]
    is_comment = entry["kind"] == "COMMENT" and entry["name"].startswith("EXTENSION ")
    return entry["name"].removeprefix("EXTENSION ") if is_comment else None


def _is_foreign_right(entry: re.Match[str], owner: str, created: Collection[tuple[str, str]]) -> bool:
    if entry["kind"] != "ACL" or entry["schema"] == "-" or entry["owner"] == owner:
        return False
    kind, _, name = entry["name"].partition(" ")
    table = name.rpartition(".")[0] if kind == "COLUMN" else name
    return (entry["schema"], _bare(table)) not in created


def _bare(name: str) -> str:
    """Return a function's name without its arguments, which the list does not always write alike."""
    return name.partition("(")[0]
