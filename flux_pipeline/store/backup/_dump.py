"""What a dump holds, as pg_restore lists it, without what only an administrator may put into a database.

Nothing here runs a program or asks a database; `restore` does.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

# `226; 1259 16492 TABLE public closures flux_owner`, `2; 3079 17147 EXTENSION - btree_gist `
ENTRY = re.compile(r"\d+; \d+ (?P<oid>\d+) (?P<kind>[A-Z ]+) (?P<schema>\S+) (?P<name>.+) (?P<owner>\S*)")


@dataclass(frozen=True)
class Contents:
    """pg_restore's list of what is to be restored, and what was left out of it, in words."""

    listing: str
    left_out: tuple[str, ...]


def leave_out(listing: str, *, owner: str, there: Collection[str], may_be_made: Collection[str]) -> Contents:
    """Take out extensions that are there or can't be made, and rights on what neither the dump nor the owner makes.

    Such rights are on members of extensions and on the system's own functions: they are an administrator's to give.

    Args:
        listing: what `pg_restore --list` prints.
        owner: the role that restores.
        there: extensions that the database has already; they are not missed, so they are not named.
        may_be_made: extensions that the owner may make.
    """
    entries = [(line, ENTRY.fullmatch(line)) for line in listing.splitlines()]
    made = {(entry["schema"], _bare(entry["name"])) for _, entry in entries if entry and entry["oid"] != "0"}
    kept, left_out = [], []
    for line, entry in entries:
        extension = _extension(entry)
        if extension is not None and (extension in there or extension not in may_be_made):
            if entry and entry["kind"] == "EXTENSION" and extension not in there:
                left_out.append(f"the extension {extension}")
        elif entry and _is_foreign_right(entry, owner, made):
            left_out.append(f"the rights on {entry['name']}")
        else:
            kept.append(line)
    return Contents("\n".join(kept) + "\n", tuple(left_out))


def _extension(entry: re.Match[str] | None) -> str | None:
    """The extension that an entry makes or comments on."""
    if entry is None:
        return None
    if entry["kind"] == "EXTENSION":
        return entry["name"]
    is_comment = entry["kind"] == "COMMENT" and entry["name"].startswith("EXTENSION ")
    return entry["name"].removeprefix("EXTENSION ") if is_comment else None


def _is_foreign_right(entry: re.Match[str], owner: str, made: Collection[tuple[str, str]]) -> bool:
    if entry["kind"] != "ACL" or entry["schema"] == "-" or entry["owner"] == owner:
        return False
    kind, _, name = entry["name"].partition(" ")
    table = name.rpartition(".")[0] if kind == "COLUMN" else name
    return (entry["schema"], _bare(table)) not in made


def _bare(name: str) -> str:
    """A function without its arguments, which the list does not always write alike."""
    return name.partition("(")[0]
