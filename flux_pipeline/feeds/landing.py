"""The landing folder: files that people and programs dropped there and that wait to be loaded.

`<restaurant>/<kind>/<file>` belongs to a restaurant, `shared/<kind>/<file>` to a feed. A file whose name begins with a
dot or ends with .part, .partial, .tmp or .crdownload is still being written, and so is one that changed a moment ago.
Anything else that can't be taken, such as a link or a file that Flux's user may not read, is an obstacle: a sentence
that says what to do about it. It never keeps another file from being taken.

A file that cannot be read as its kind is moved to the folder `refused` beside it, which Flux never reads. Its personal
data cannot be recognised, so no copy is archived; the person who dropped the file finds it there.
"""

import contextlib
import datetime as dt
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from flux_pipeline.errors import PermanentError, error_about, is_transient
from flux_pipeline.feeds._folders import names_in, opened_folder
from flux_pipeline.feeds.files import READ, TYPES, FileState, OpenFile
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.wording import shown_name

SHARED = "shared"
REFUSED = "refused"
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload")
# A file that still grows after this long is left for the next run.
PATIENCE_SECONDS = 30.0
# In bytes; no usual file system allows a longer name.
LONGEST_NAME = 255


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder: its owner (a slug, or "shared"), the kind its folder names, its state when seen.

    `changed_ns` is the time of its last change by the clock of the file system, which no program can set.
    """

    landing: Path
    owner: str
    kind: str
    name: str
    state: FileState
    changed_ns: int

    @property
    def path(self) -> Path:
        """Its path; `shown` is the same in characters that can be stored."""
        return self.landing / self.owner / self.kind / self.name

    @property
    def shown(self) -> str:
        """Its path for messages."""
        return shown_name(str(self.path))

    @property
    def version(self) -> str:
        """A text that changes whenever the file does, whatever time it claims to be from."""
        place = shown_name(f"{self.owner}/{self.kind}/{self.name}")
        return f"{place}:{self.state.inode}:{self.state.size_bytes}:{self.state.modified_ns}:{self.changed_ns}"

    @property
    def modified_at(self) -> dt.datetime:
        """The time of the last write (UTC) as the file has it, but not after its last change nor before 1970."""
        return dt.datetime.fromtimestamp(max(0, min(self.state.modified_ns, self.changed_ns)) / 1e9, dt.UTC)

    def source(self) -> Source:
        """Open the file and return it as a source that can be read while the file remains as it was when seen.

        Raises:
            PermanentError: the file is gone, has changed or cannot be read.
            TransientError: the system can't open it now.
        """
        try:
            with opened_folder(self.landing, self.owner, self.kind) as folder:
                opened = OpenFile(os.open(self.name, READ | os.O_NOFOLLOW, dir_fd=folder), self.shown)
        except OSError as exc:
            raise error_about(exc, f"The file {self.shown} can't be read ({exc.strerror}).") from exc
        if FileState.of(opened.found) != self.state:
            raise PermanentError(f"The file {self.shown} changed since it was seen; the next run loads it.")
        return opened.source()

    def is_unchanged(self) -> bool:
        """Return whether the file is still as it was when seen."""
        try:
            with opened_folder(self.landing, self.owner, self.kind) as folder:
                return self._is_in(folder)
        except OSError:
            return False

    def take_away(self) -> bool:
        """Remove the file, which the archive holds by now; return False and keep it if it changed since it was read.

        Raises:
            PermanentError: Flux's user may not remove it.
        """
        with self._in_folder("was read but can't be removed") as folder:
            if not self._is_in(folder):
                return False
            os.unlink(self.name, dir_fd=folder)
            return True

    def refuse(self) -> Path | None:
        """Move the file to `refused` under a name that is free there; return None and keep it if it changed.

        Raises:
            PermanentError: Flux's user may not move it, or `refused` is a link.
        """
        with self._in_folder(f"can't be moved to the folder {REFUSED!r} beside it") as folder:
            if not self._is_in(folder):
                return None
            with contextlib.suppress(FileExistsError):
                os.mkdir(REFUSED, dir_fd=folder)
            with opened_folder(self.landing, self.owner, self.kind, REFUSED) as aside:
                taken = set(names_in(aside))
                name = next(name for name in _names_like(self.name) if name not in taken)
                os.rename(self.name, name, src_dir_fd=folder, dst_dir_fd=aside)
        return self.path.parent / REFUSED / name

    def _is_in(self, folder: int) -> bool:
        try:
            return FileState.of(os.stat(self.name, dir_fd=folder, follow_symlinks=False)) == self.state
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def _in_folder(self, failure: str) -> Iterator[int]:
        try:
            with opened_folder(self.landing, self.owner, self.kind) as folder:
                yield folder
        except OSError as exc:
            message = f"{self.shown} {failure} ({exc.strerror}). Let Flux's user write to its folder, or remove it."
            raise error_about(exc, message) from exc


@dataclass(frozen=True)
class Landed:
    """The finished names in an owner's folder, by kind and name.

    Attributes:
        files: those that can be taken.
        obstacles: sentences about what can't be taken, and what to do about it.
        unfinished: files that are still being written; only `settled_files` knows them.
    """

    files: tuple[LandedFile, ...] = ()
    obstacles: tuple[str, ...] = ()
    unfinished: tuple[LandedFile, ...] = ()


def landed_files(landing: Path, owner: str) -> Landed:
    """Return what an owner's folder holds; nothing if the folder is missing."""
    files: list[LandedFile] = []
    obstacles: list[str] = []
    try:
        with opened_folder(landing, owner) as folder:
            kinds = [name for name in names_in(folder) if is_finished(name)]
    except FileNotFoundError:
        return Landed()
    except OSError as exc:
        return Landed(obstacles=(_about_folder(exc, landing),))
    for kind in kinds:
        try:
            with opened_folder(landing, owner, kind) as folder:
                for name in names_in(folder):
                    if is_finished(name) and name != REFUSED:
                        seen = _look(landing, owner, kind, name, folder)
                        if isinstance(seen, LandedFile):
                            files.append(seen)
                        elif seen:
                            obstacles.append(seen)
        except FileNotFoundError:
            continue
        except OSError as exc:
            obstacles.append(_about_folder(exc, landing))
    return Landed(tuple(files), tuple(obstacles))


def settled_files(
    landing: Path,
    owner: str,
    quiet_seconds: float,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Landed:
    """Return what an owner's folder holds, with the files apart that were written to less than `quiet_seconds` ago.

    An unfinished copy looks like a file with half its rows, so the function waits for files that changed just now.

    Args:
        landing: the landing folder.
        owner: a slug, or "shared".
        quiet_seconds: how long a file must have been unchanged.
        clock, sleep: for tests.
    """
    deadline = clock() + max(PATIENCE_SECONDS, 2 * quiet_seconds)
    while True:
        landed = landed_files(landing, owner)
        rest = [clock() - file.state.modified_ns / 1e9 for file in landed.files]
        # A time ahead of the clock comes from another machine's clock, so it cannot show a recent write.
        young = [file for file, seconds in zip(landed.files, rest, strict=True) if 0 <= seconds < quiet_seconds]
        if not young or clock() >= deadline:
            files = tuple(file for file in landed.files if file not in young)
            return replace(landed, files=files, unfinished=tuple(young))
        sleep(min(quiet_seconds, 0.2))


def landed_owners(landing: Path) -> list[str]:
    """Return the finished names in the landing folder, in order: restaurants, "shared", and whatever else lies there.

    Raises:
        PermanentError: the landing folder can't be read, or is a link.
        TransientError: the system can't open it now.
    """
    try:
        with opened_folder(landing) as folder:
            return [name for name in names_in(folder) if is_finished(name)]
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise error_about(exc, _about_folder(exc, landing)) from exc


def is_finished(name: str) -> bool:
    """Return whether a name is that of a finished file: no leading dot and no ending of a file being written."""
    return not name.startswith(".") and not name.endswith(UNFINISHED)


def _look(landing: Path, owner: str, kind: str, name: str, folder: int) -> LandedFile | str:
    """Return a file as it is now, or a sentence if it can't be taken: "" if it is gone. Only a file is opened."""
    shown = shown_name(str(landing / owner / kind / name))
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            return f"{shown} is {_type(found.st_mode)}. Put a file in its place, or remove it."
        os.close(os.open(name, READ | os.O_NOFOLLOW, dir_fd=folder))
    except FileNotFoundError:
        return ""
    except OSError as exc:
        return f"{shown} can't be read ({exc.strerror}). {_todo(exc)}"
    return LandedFile(landing, owner, kind, name, FileState.of(found), found.st_ctime_ns)


def _about_folder(exc: OSError, landing: Path) -> str:
    """Return a sentence about a folder, `exc.filename`, that can't be opened."""
    path = Path(exc.filename)
    shown = shown_name(str(path))
    mode = stat.S_IFDIR
    with contextlib.suppress(OSError):
        mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return f"The folder {shown} can't be read ({exc.strerror}). {_todo(exc)}"
    if path == landing:
        return f"The landing folder {shown} is {_type(mode)}. Name the folder itself with FLUX_LANDING_DIR."
    place = f"{landing}/<restaurant>/<kind>/"
    return f"{shown} is {_type(mode)}, not a folder. Put a folder in its place, or drop files into {place}."


def _type(mode: int) -> str:
    return TYPES.get(stat.S_IFMT(mode), "a file")


def _todo(exc: OSError) -> str:
    return "The next run tries again." if is_transient(exc) else "Let Flux's user read it."


def _names_like(name: str) -> Iterator[str]:
    """Yield a name, then `a (2).csv`, `a (3).csv`, ..., cut where they would be too long."""
    yield name
    stem, suffix = Path(name).stem, Path(name).suffix
    if len(suffix) > LONGEST_NAME // 10:
        stem, suffix = name, ""
    for number in count(2):
        end = f" ({number}){suffix}"
        yield os.fsencode(stem)[: LONGEST_NAME - len(os.fsencode(end))].decode("utf-8", "ignore") + end
