"""Lines of a text file as written: split into cells with their quotes, and joined again with some texts replaced."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping


def read_lines(chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
    """Yield the lines of a file with their ends, "\\n", "\\r\\n" or "\\r"; a quoted cell may span several lines."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rest = ""
    for chunk in chunks:
        *lines, rest = _split_lines(rest + decoder.decode(chunk))
        yield from lines
    yield from _split_lines(rest + decoder.decode(b"", final=True))


def _split_lines(text: str) -> list[str]:
    # str.splitlines would also split at characters that don't end a line of a CSV file.
    lines = io.StringIO(text, newline="").readlines()
    # A carriage return may be followed by the other half of the line end; a line feed is always the end.
    return lines if lines and not lines[-1].endswith("\n") else [*lines, ""]


class Splitter:
    """Splitter of records at a delimiter."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._quoted = re.compile(rf'"(?:[^"]|"")*+"[^{re.escape(delimiter)}]*')

    def split(self, record: str) -> list[str] | None:
        """Return the cells of a record as written, quotes included; None if a quote is open at its end."""
        content = record.rstrip("\r\n")
        if '"' not in content:
            return content.split(self._delimiter)
        cells, place = [], 0
        while True:
            if content.startswith('"', place):
                found = self._quoted.match(content, place)
                if found is None:
                    return None
                end = found.end()
            else:
                end = content.find(self._delimiter, place)
                end = len(content) if end < 0 else end
            cells.append(content[place:end])
            if end >= len(content):
                return cells
            place = end + 1


def with_texts(record: str, cells: list[str], texts: Mapping[int, str], delimiter: str) -> str:
    """Return a record with the cells at some places replaced by plain texts, and with as many line breaks as before."""
    if not texts:
        return record
    content = record.rstrip("\r\n")
    cells = [*cells, *[""] * (max(texts) + 1 - len(cells))]
    for place, text in texts.items():
        breaks = "".join(re.findall(r"\r\n|\n|\r", cells[place]))
        cells[place] = f'"{breaks}{text}"' if breaks else text
    return delimiter.join(cells) + record[len(content) :]


def unquoted(cell: str) -> str:
    """Return the text of a cell without the quotes around it, with doubled quotes made single."""
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text.strip()
