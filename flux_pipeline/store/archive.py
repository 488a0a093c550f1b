"""Every file that was read, kept by the hash of its content, a folder a restaurant. Knows no table."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flux_pipeline.errors import PermanentError

# Weather and events belong to no restaurant; a slug can't be this word (the table's CHECK says so).
SHARED = "shared"


@dataclass(frozen=True)
class KeptFile:
    """A file in the archive. `storage_uri` is its path under the archive folder, the same on every machine."""

    storage_uri: str
    content_sha256: str
    size_bytes: int


class Archive:
    """A folder of files that never change."""

    def __init__(self, folder: Path) -> None:
        """Args: the folder; it is made when the first file comes."""
        self.folder = folder

    def keep(self, content: bytes, owner: str) -> KeptFile:
        """Write `content` once, whole or not at all; a second time finds it there.

        Args:
            content: the file.
            owner: a restaurant's slug, or SHARED.

        Raises:
            PermanentError: the folder can't be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        uri = f"{owner}/{digest[:2]}/{digest}"
        target = self.folder / uri
        if not target.exists():
            try:
                _write_whole(target, content)
            except OSError as exc:
                raise PermanentError(
                    f"A file can't be kept in {self.folder} ({exc.strerror}). Make room, change its rights, or "
                    "choose another folder with FLUX_ARCHIVE_DIR."
                ) from exc
        return KeptFile(uri, digest, len(content))

    def read(self, storage_uri: str) -> bytes:
        """The content of a kept file.

        Raises:
            PermanentError: it is gone, or its content is not what its name says.
        """
        path = self.folder / storage_uri
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise PermanentError(
                f"The kept file {path} can't be read ({exc.strerror}). Bring the archive folder back, or upload the "
                "file again."
            ) from exc
        if hashlib.sha256(content).hexdigest() != path.name:
            raise PermanentError(f"The kept file {path} was changed. Bring it back from a backup, or upload it again.")
        return content


def _write_whole(target: Path, content: bytes) -> None:
    """Write under another name first, so that a file of this name is always whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as part:
        part.write(content)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(target)
