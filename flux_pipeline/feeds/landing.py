"""The landing folder: what people and programs dropped there, waiting to be taken in.

`<restaurant>/<kind>/<file>` is a restaurant's, `shared/<kind>/<file>` is a feed's. A name that begins with a dot or
ends with .part or .tmp is a file that is still being written, and so is one that changed a moment ago.

A file that can't be read goes to the folder `refused` beside it, which nothing looks into: what it holds of persons
can't be told, so no copy of it is kept, and who dropped it finds it there.
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
    """A file in the landing folder: whose it is (a slug, or "shared"), its kind by its folder, its state when seen."""

    path: Path
    owner: str
    kind: str
    size_bytes: int
    modified_ns: int

    @property
    def version(self) -> str:
        """Changes when the file does: its place, size and time."""
        return f"{self.owner}/{self.kind}/{self.path.name}:{self.size_bytes}:{self.modified_ns}"

    @property
    def modified_at(self) -> dt.datetime:
        """When it was last written (UTC)."""
        return dt.datetime.fromtimestamp(self.modified_ns / 1e9, dt.UTC)

    def source(self) -> Source:
        """The file, to be read piece by piece as long as it stays as it was when it was seen.

        Raises:
            PermanentError: it has gone, has changed or can't be read.
        """
        source = file_source(self.path)
        if not self.is_unchanged():
            raise PermanentError(f"The file {self.path} changed since it was seen; the next run takes it in.")
        return source

    def is_unchanged(self) -> bool:
        """Whether it still is as it was when it was seen."""
        return _seen(self.path, self.owner, self.kind) == self

    def take_away(self) -> bool:
        """Remove it, which the archive has by now; False where it changed since it was read, and then it stays."""
        if not self.is_unchanged():
            return False
        self.path.unlink(missing_ok=True)
        return True

    def refuse(self) -> Path | None:
        """Move it to `refused`, under a name that is free there; None where it changed, and then it stays."""
        if not self.is_unchanged():
            return None
        folder = self.path.parent / REFUSED
        folder.mkdir(exist_ok=True)
        names = chain([self.path.name], (f"{self.path.stem} ({n}){self.path.suffix}" for n in count(2)))
        target = next(folder / name for name in names if not (folder / name).exists())
        return self.path.rename(target)


def landed_files(landing: Path, owner: str) -> list[LandedFile]:
    """The files of one owner that have a finished name, by kind and name; none where there is no such folder."""
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
    """The files that nobody has written to for `quiet_seconds`, and those that are still being written.

    A copy that is under way looks like a file with half its rows; so a young file is waited for.

    Args:
        landing: the landing folder.
        owner: a slug, or "shared".
        quiet_seconds: how long a file must have been at rest.
        clock, sleep: for tests.
    """
    deadline = clock() + max(PATIENCE_SECONDS, 2 * quiet_seconds)
    while True:
        files = landed_files(landing, owner)
        rest = [clock() - file.modified_ns / 1e9 for file in files]
        # A time ahead of the clock is another machine's, and says nothing about now.
        young = [file for file, seconds in zip(files, rest, strict=True) if 0 <= seconds < quiet_seconds]
        if not young or clock() >= deadline:
            return [file for file in files if file not in young], young
        sleep(min(quiet_seconds, 0.2))


def landed_owners(landing: Path) -> list[str]:
    """Whose folders there are in the landing folder, "shared" among them, by name."""
    return [folder.name for folder in _folders(landing)]


def is_finished(name: str) -> bool:
    """Whether a file of this name is whole: it has no leading dot and none of the endings of a file being written."""
    return not name.startswith(".") and not name.endswith(UNFINISHED)


def _seen(path: Path, owner: str, kind: str) -> LandedFile | None:
    """The file as it is now; None where it has gone."""
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
