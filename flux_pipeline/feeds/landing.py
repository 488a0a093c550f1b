"""The landing folder: files that people and programs dropped there and that wait to be loaded.

`<restaurant>/<kind>/<file>` belongs to a restaurant, `shared/<kind>/<file>` to a feed. A file whose name begins with a
dot or ends with .part, .partial, .tmp or .crdownload is still being written, and so is one that changed a moment ago.

A file that cannot be read is moved to the folder `refused` beside it, which Flux never reads. Its personal data cannot
be recognised, so no copy is archived; the person who dropped the file finds it there.
"""

import datetime as dt
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.files import file_source
from flux_pipeline.ingest.reading.source import Source

SHARED = "shared"
REFUSED = "refused"
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload")
# A file that still grows after this long is left for the next run.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder: its owner (a slug, or "shared"), the kind its folder names, its state when seen."""

    path: Path
    owner: str
    kind: str
    size_bytes: int
    modified_ns: int

    @property
    def version(self) -> str:
        """A text that changes whenever the file does: its place, size and time of change."""
        return f"{self.owner}/{self.kind}/{self.path.name}:{self.size_bytes}:{self.modified_ns}"

    @property
    def modified_at(self) -> dt.datetime:
        """The time of the last write (UTC)."""
        return dt.datetime.fromtimestamp(self.modified_ns / 1e9, dt.UTC)

    def source(self) -> Source:
        """Return the file as a source that can be read while the file remains as it was when seen.

        Raises:
            PermanentError: the file is gone, has changed or cannot be read.
        """
        source = file_source(self.path)
        if not self.is_unchanged():
            raise PermanentError(f"The file {self.path} changed since it was seen; the next run loads it.")
        return source

    def is_unchanged(self) -> bool:
        """Return whether the file is still as it was when seen."""
        return _seen(self.path, self.owner, self.kind) == self

    def take_away(self) -> bool:
        """Remove the file, which the archive holds by now; return False and keep it if it changed since it was read."""
        if not self.is_unchanged():
            return False
        self.path.unlink(missing_ok=True)
        return True

    def refuse(self) -> Path | None:
        """Move the file to `refused` under a name that is free there; return None and keep it if it changed."""
        if not self.is_unchanged():
            return None
        folder = self.path.parent / REFUSED
        folder.mkdir(exist_ok=True)
        names = chain([self.path.name], (f"{self.path.stem} ({n}){self.path.suffix}" for n in count(2)))
        target = next(folder / name for name in names if not (folder / name).exists())
        return self.path.rename(target)


def landed_files(landing: Path, owner: str) -> list[LandedFile]:
    """Return the files of one owner that have a finished name, by kind and name; none if the folder is missing."""
    found = []
    for kind in _folders(landing / owner):
        with os.scandir(kind) as entries:
            files = sorted(Path(e.path) for e in entries if e.is_file(follow_symlinks=False) and is_finished(e.name))
        found += [_seen(path, owner, kind.name) for path in files]
    return [file for file in found if file is not None]


def settled_files(
    landing: Path,
    owner: str,
    quiet_seconds: float,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[list[LandedFile], list[LandedFile]]:
    """Return the files that nobody has written to for `quiet_seconds`, and those that are still being written.

    An unfinished copy looks like a file with half its rows, so the function waits for files that changed just now.

    Args:
        landing: the landing folder.
        owner: a slug, or "shared".
        quiet_seconds: how long a file must have been unchanged.
        clock, sleep: for tests.
    """
    deadline = clock() + max(PATIENCE_SECONDS, 2 * quiet_seconds)
    while True:
        files = landed_files(landing, owner)
        rest = [clock() - file.modified_ns / 1e9 for file in files]
        # A time ahead of the clock comes from another machine's clock, so it cannot show a recent write.
        young = [file for file, seconds in zip(files, rest, strict=True) if 0 <= seconds < quiet_seconds]
        if not young or clock() >= deadline:
            return [file for file in files if file not in young], young
        sleep(min(quiet_seconds, 0.2))


def landed_owners(landing: Path) -> list[str]:
    """Return the owners that have a folder in the landing folder, "shared" among them, by name."""
    return [folder.name for folder in _folders(landing)]


def is_finished(name: str) -> bool:
    """Return whether a name is that of a finished file: no leading dot and no ending of a file being written."""
    return not name.startswith(".") and not name.endswith(UNFINISHED)


def _seen(path: Path, owner: str, kind: str) -> LandedFile | None:
    """Return the file as it is now, or None if it is gone."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return LandedFile(path, owner, kind, state.st_size, state.st_mtime_ns)


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False) and is_finished(e.name))
