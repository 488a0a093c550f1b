"""Decoding of a text file: content that is not text is refused, and the encoding of the rest is found.

One pass over the whole file checks every byte, so that later readers needn't. _older_encodings.py distinguishes the
older encodings.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading._older_encodings import find_older_encoding
from flux_pipeline.ingest.reading.containers import Bytes
from flux_pipeline.ingest.reading.limits import Limits

# First bytes of files that people send instead of a CSV, each with its name for the message.
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
)
_LONGEST_SIGNATURE = max(len(signature) for signature, _ in _SIGNATURES)

# UTF-32 before UTF-16, because its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Text has almost none of these, and a legacy encoding does not produce many by chance.
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13})
_NO_CONTROL = bytes(set(range(256)) - set(_CONTROL))

_CHUNK = 2**19

Opens = Callable[[], Bytes]


class _UndecodableError(Exception):
    """Bytes that are not text in the assumed encoding; the argument is the line."""


@dataclass(frozen=True)
class Text:
    """A file that is text throughout: the name of its encoding, its size in bytes and their checksum (CRC-32)."""

    encoding: str
    size: int
    checksum: int


def read_through(opens: Opens, declared: str | None, limits: Limits) -> Text:
    """Find the encoding of a file and check every byte of it.

    The encoding is `declared`, or that of the file's mark, or UTF-8, or an older one. Raises PermanentError for an
    empty file, one that is not text or not in its encoding, and for a line that is too long.
    """
    with opens() as stream:
        head = stream.read(_CHUNK)
    for signature, name in _SIGNATURES:
        if head[:_LONGEST_SIGNATURE].lower().startswith(signature.lower()):
            raise PermanentError(f"The file is {name}; expected CSV or .xlsx. Save or export it as one of these.")
    if declared is not None:
        codec = _declared_codec(declared, head)
        return _check_as(opens, codec, limits, f"The encoding was given as {declared}, but the file is not")
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None) or _unmarked_utf16(head)
    if marked is not None:
        return _check_as(opens, marked, limits, "The file begins like UTF text, but is not valid")
    try:
        return _check(opens, "utf-8", limits)
    except _UndecodableError:
        # Checks the line lengths in any encoding, before words are looked for in a line that never ends.
        _check(opens, "latin-1", limits)
        codec = find_older_encoding(opens)
    return _check_as(opens, codec, limits, "The file is not UTF-8, and not")


def _check_as(opens: Opens, codec: str, limits: Limits, found: str) -> Text:
    try:
        return _check(opens, codec, limits)
    except _UndecodableError as error:
        raise PermanentError(
            f"{found} {codec} (line {error.args[0]:,}); expected one encoding throughout. Export the file again as "
            "UTF-8, or give its encoding: --encoding cp1252."
        ) from error


def _check(opens: Opens, codec: str, limits: Limits) -> Text:
    """Decode a file from end to end; raise _UndecodableError, with the line, if that fails."""
    decoder = codecs.getincrementaldecoder(codec)()
    size = checksum = line_length = 0
    line, empty, final = 1, True, False
    with opens() as stream:
        while not final:
            chunk = stream.read(min(_CHUNK, limits.line_characters))
            final = not chunk
            try:
                text = decoder.decode(chunk, final)
            except UnicodeError as error:
                good = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
                raise _UndecodableError(line + good.count(b"\n")) from error
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
            _refuse_control(text, line)
            longest, line_length = _line_lengths(text, line_length)
            if longest > limits.line_characters:
                raise PermanentError(
                    f"Line {line:,} of the file is longer than {limits.line_characters:,} "
                    "characters; expected one row on each line. Export the file again."
                )
            line += text.count("\n")
            empty = empty and not text.strip("\ufeff \t\r\n")
    if empty:
        raise PermanentError("The file is empty; expected a header line and one line for each row. Export it again.")
    return Text(codec, size, checksum)


def _line_lengths(text: str, before: int) -> tuple[int, int]:
    """Return the lengths of the longest and the last of the lines that cross a border of this text.

    The first of them began `before` characters earlier. Lines within the text are no longer than it is.
    """
    ends = [place for place in (text.find("\n"), text.find("\r")) if place >= 0]
    if not ends:
        return before + len(text), before + len(text)
    last = len(text) - 1 - max(text.rfind("\n"), text.rfind("\r"))
    return max(before + min(ends), last), last


def _refuse_control(text: str, line: int) -> None:
    # surrogatepass: a declared codec may decode to what UTF-8 can't write.
    content = text.encode("utf-8", "surrogatepass")
    control = content.translate(None, _NO_CONTROL)
    if b"\0" in control or len(control) * 100 > len(content):
        worst = b"\0" if b"\0" in control else control[:1]
        line += content[: content.find(worst)].count(b"\n")
        raise PermanentError(
            f"The file is not text: line {line:,} holds the byte 0x{worst[0]:02x}, which no text has; "
            "expected CSV or .xlsx. Save or export it as one of these."
        )


def _declared_codec(declared: str, head: bytes) -> str:
    try:
        name = codecs.lookup(declared).name
        "".encode(name)  # LookupError for codecs that don't encode text, such as "hex"
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError) as error:
        raise PermanentError(
            f"Unknown encoding '{declared}'; expected a name such as utf-8, cp1252 or shift_jis."
        ) from error
    return "utf-8-sig" if name == "utf-8" and head.startswith(codecs.BOM_UTF8) else name


def _unmarked_utf16(head: bytes) -> str | None:
    """Return UTF-16's codec by its pattern: digits, delimiters and line ends have a zero byte on one side."""
    pairs = len(head) // 2
    if not pairs:
        return None
    first, second = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    for zeros, others, codec in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
        if zeros * 4 >= pairs and others * 100 <= pairs:
            return codec
    return None
