"""The landing folder: what people and programs dropped there, waiting to be taken in.

`<restaurant>/<kind>/<file>` is a restaurant's, `shared/<kind>/<file>` is a feed's. A name that begins with a dot or
ends with .part or .tmp is a file that is still being written.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from flux_pipeline.errors import PermanentError

SHARED = "shared"
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload")


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder: whose it is (a slug, or "shared"), and its kind by its folder's name."""

    path: Path
    owner: str
    kind: str

    def read(self) -> bytes:
        """Its content.

        Raises:
            PermanentError: it can't be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as exc:
            raise PermanentError(f"The landed file {self.path} can't be read ({exc.strerror}).") from exc

    def take_away(self) -> None:
        """Remove it from the landing folder; the archive has it by now."""
        self.path.unlink(missing_ok=True)

    @property
    def version(self) -> str:
        """Changes when the file does: its place, size and time."""
        state = self.path.stat()
        return f"{self.owner}/{self.kind}/{self.path.name}:{state.st_size}:{state.st_mtime_ns}"


def landed_files(landing: Path, owner: str) -> list[LandedFile]:
    """The finished files of one owner, by kind and name; none where there is no such folder."""
    found = []
    for kind in _folders(landing / owner):
        with os.scandir(kind) as entries:
            files = sorted(Path(e.path) for e in entries if e.is_file(follow_symlinks=False) and is_finished(e.name))
        found += [LandedFile(path, owner, kind.name) for path in files]
    return found


def landed_owners(landing: Path) -> list[str]:
    """Whose folders there are in the landing folder, "shared" among them, by name."""
    return [folder.name for folder in _folders(landing)]


def is_finished(name: str) -> bool:
    """Whether a file of this name is whole: it has no leading dot and none of the endings of a file being written."""
    return not name.startswith(".") and not name.endswith(UNFINISHED)


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False) and is_finished(e.name))
