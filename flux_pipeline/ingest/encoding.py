"""From bytes to text: what is no text at all is refused, the rest is UTF-8 or Windows-1252. Nothing about columns."""

from __future__ import annotations

from flux_pipeline.errors import PermanentError

# How the files that people send in place of a CSV begin, and what to tell them.
_SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)

_BOM = b"\xef\xbb\xbf"

# UTF-8 text of other bytes has almost none of these; a Windows-1252 file has no way to make many of them by chance.
_CONTROL_BYTES = bytes(set(range(32)) - {9, 10, 12, 13})


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file, and its encoding: "utf-8", "utf-8-sig" (with a byte order mark) or "cp1252".

    Raises PermanentError for an empty file, for one that is not text, and for text in neither encoding.
    """
    if not content.strip():
        raise PermanentError("The file is empty; expected a header line and one line for each row. Export it again.")
    _refuse_binary(content)
    encoding = "utf-8-sig" if content.startswith(_BOM) else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        return _decode_older(content, error), "cp1252"
    if not text.strip():
        raise PermanentError("The file is empty; expected a header line and one line for each row. Export it again.")
    return text, encoding


def _refuse_binary(content: bytes) -> None:
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            raise PermanentError(f"The file is {what}; expected a CSV file in UTF-8. Save or export it as CSV.")
    control = content.translate(None, bytes(set(range(256)) - set(_CONTROL_BYTES)))
    if b"\0" in control or len(control) * 100 > len(content):
        line = content[: content.find(control[:1])].count(b"\n") + 1
        raise PermanentError(
            f"The file is not text: line {line} holds the byte 0x{control[0]:02x}, which no text has; "
            "expected a CSV file in UTF-8. Save or export it as CSV."
        )


def _decode_older(content: bytes, error: UnicodeDecodeError) -> str:
    line = content[: error.start].count(b"\n") + 1
    found = f"Line {line} of the file is not UTF-8 (byte 0x{content[error.start]:02x})"
    # One broken byte in a UTF-8 file must not turn every Café of it into CafÃ©: only a file without a single
    # well-formed UTF-8 letter beyond ASCII can be an older encoding.
    well_formed = content.decode("utf-8", errors="ignore")
    if not well_formed.isascii():
        raise PermanentError(
            f"{found}, while other lines are; expected one encoding throughout. Export the file again as UTF-8."
        ) from error
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as older:
        raise PermanentError(
            f"{found}, and not Windows-1252 either; expected one of the two. Export the file again as UTF-8."
        ) from older
