"""Places for the archive's files: a folder, or an object store that fsspec reaches. archive.py decides what is kept."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import fsspec

from flux_pipeline.errors import FluxError, PermanentError, TransientError, error_about


def open_place(place: Path | str) -> "_Folder | _Remote":
    """Open a folder or an fsspec URL as a place where files are written and read by name.

    Raises:
        PermanentError: no installed library handles such URLs.
        TransientError: the object store does not answer.
    """
    return _Folder(place) if isinstance(place, Path) else _Remote(place)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def part(self) -> Iterator["_FolderPart"]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _part_file(self._folder) as file:
                yield _FolderPart(self._folder, file)
        except OSError as exc:
            raise error_about(
                exc,
                f"A file can't be kept in {self._folder} ({exc.strerror or exc}). Free some space, change the folder's "
                "permissions, or choose another folder with FLUX_ARCHIVE_DIR.",
            ) from exc

    def fetch(self, uri: str) -> Callable[[], BinaryIO]:
        path = self._folder / uri
        try:
            path.open("rb").close()
        except OSError as exc:
            raise error_about(
                exc,
                f"The kept file {path} can't be read ({exc.strerror}). Restore the archive folder, or upload the "
                "file again.",
            ) from exc
        return lambda: path.open("rb")

    def delete(self, uri: str) -> None:
        try:
            (self._folder / uri).unlink(missing_ok=True)
        except OSError as exc:
            raise error_about(
                exc, f"The file {self._folder / uri} can't be deleted ({exc.strerror}). Delete it yourself."
            ) from exc

    def shown(self, uri: str) -> str:
        return str(self._folder / uri)


class _FolderPart:
    def __init__(self, folder: Path, file: BinaryIO) -> None:
        self._folder, self._file = folder, file

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def put(self, uri: str, size: int) -> None:
        target = self._folder / uri
        if target.exists() and target.stat().st_size == size:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        # Renamed only once it is complete, so that a file of this name is never partial.
        Path(self._file.name).replace(target)


class _Remote:
    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.url_to_fs(url)
        except (ImportError, ValueError) as exc:
            raise PermanentError(
                f"The archive {url} can't be reached ({exc}). Install what fsspec needs for it, or choose another "
                "archive with FLUX_ARCHIVE_DIR."
            ) from exc
        except Exception as exc:
            raise TransientError(f"The archive {url} does not answer ({exc}). Try again.") from exc
        self._url = url.rstrip("/")

    @contextlib.contextmanager
    def part(self) -> Iterator["_RemotePart"]:
        try:
            with _part_file(None) as file:
                yield _RemotePart(self, file)
        except OSError as exc:
            raise error_about(
                exc,
                f"A file can't be written to {tempfile.gettempdir()} ({exc.strerror or exc}), where it is prepared for "
                "the archive. Free some space there, or name another folder with TMPDIR.",
            ) from exc

    def fetch(self, uri: str) -> Callable[[], BinaryIO]:
        local = tempfile.NamedTemporaryFile(prefix="flux-kept-")  # noqa: SIM115  (deleted with the last reference)
        with self.errors_in_words(uri):
            self._files.get_file(self.path(uri), local.name)
        return lambda: Path(local.name).open("rb")

    def put(self, local: str, uri: str, size: int) -> None:
        with self.errors_in_words(uri):
            if self._size(uri) != size:
                self._files.makedirs(self.path(uri).rpartition("/")[0], exist_ok=True)
                self._files.put_file(local, self.path(uri))

    def delete(self, uri: str) -> None:
        with self.errors_in_words(uri):
            if self._size(uri) is not None:
                self._files.rm_file(self.path(uri))

    def path(self, uri: str) -> str:
        return f"{self._root.rstrip('/')}/{uri}"

    def shown(self, uri: str) -> str:
        return f"{self._url}/{uri}"

    @contextlib.contextmanager
    def errors_in_words(self, uri: str) -> Iterator[None]:
        """Raise the errors of fsspec's libraries as FluxErrors; each protocol's library has its own."""
        try:
            yield
        except FileNotFoundError as exc:
            raise PermanentError(
                f"The kept file {self.shown(uri)} is missing. Restore the archive, or upload the file again."
            ) from exc
        except PermissionError as exc:
            raise PermanentError(
                f"The archive refuses access to {self.shown(uri)} ({exc}). Allow Flux's login to read and write "
                "there, or choose another archive with FLUX_ARCHIVE_DIR."
            ) from exc
        except FluxError:
            raise
        except Exception as exc:
            raise TransientError(f"The archive can't serve {self.shown(uri)} now ({exc}). Try again.") from exc

    def _size(self, uri: str) -> int | None:
        try:
            return int(self._files.info(self.path(uri))["size"])
        except FileNotFoundError:
            return None


class _RemotePart:
    def __init__(self, place: _Remote, file: BinaryIO) -> None:
        self._place, self._file = place, file

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def put(self, uri: str, size: int) -> None:
        self._file.flush()
        self._place.put(self._file.name, uri, size)


@contextlib.contextmanager
def _part_file(folder: Path | None) -> Iterator[BinaryIO]:
    """Yield a new temporary file, which is deleted at the end unless it was moved."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".part-", delete=False) as file:
        try:
            yield file  # type: ignore[misc]
        finally:
            Path(file.name).unlink(missing_ok=True)
