"""Small files of sales with what is right about each, for the tests of whole files."""

import re
from dataclasses import dataclass, field
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload

PLACES = {
    "GB": Place("Europe/London", country_code="GB", currency="GBP"),
    "US": Place("America/Chicago", country_code="US", currency="USD"),
    "DE": Place("Europe/Berlin", country_code="DE", currency="EUR"),
    "JP": Place("Asia/Tokyo", country_code="JP", currency="JPY"),
    "KW": Place("Asia/Kuwait", country_code="KW", currency="KWD"),
}


@dataclass(frozen=True)
class Case:
    """A file named by its defect, and what is right: the lines, units and money that count, or a question.

    `reasons` count the lines that were set aside, `said` are words of the notes and checks, `unsaid` words that must
    not be among them. `asked` is a pattern of the question that must be asked instead.
    """

    defect: str
    content: str | bytes
    sold: tuple[int, float, float] | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    said: str = ""
    unsaid: str = ""
    asked: str = ""
    country: str = "GB"
    hints: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Read the file, and compare."""
        try:
            parsed = read_sales(self.content, self.country, **self.hints)
        except PermanentError as question:
            assert self.asked, str(question)
            assert re.search(self.asked, str(question)), str(question)
            assert "--" in str(question), "a question ends with the option that answers it"
            return
        rows = parsed.rows
        sold = len(rows), round(float(rows["quantity"].sum()), 3), round(float(rows["line_amount"].sum()), 2)
        said = " ".join([*parsed.detected_format["notes"], *parsed.detected_format["checks"]])
        assert not self.asked, (sold, parsed.reasons, said)
        assert (sold, parsed.reasons) == (self.sold, self.reasons), said
        assert self.said in said, said
        assert not self.unsaid or self.unsaid not in said, said


def read_sales(content: str | bytes, country: str = "GB", **hints: Any) -> ParsedUpload:
    """Read a file of sales that is in memory."""
    source = Source.of(content.encode() if isinstance(content, str) else content)
    opened = open_upload(source, kind="sales", hints=Hints(**hints), place=PLACES[country])
    return merged(list(opened.parts()))


def lines(header: str, *rows: str) -> str:
    """Return the text of a file."""
    return "\n".join([header, *rows, ""])
