"""Properties that hold for any file: its rows are accounted for, or it is refused in a sentence."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload

HEADER = ["date", "item", "quantity", "price", "amount", "ticket"]

CELL = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-1", "2024-03-01", "31/12/2024", "2024-03-01 25:00", "12:30", '"', "a\nb", "1,5", "€ 2.50"]
    ),
    # A lone carriage return ends a line for some programs and not for others; no writer leaves it unquoted on purpose.
    st.text(st.characters(exclude_characters="\r"), max_size=8),
)


@given(
    rows=st.lists(st.lists(CELL, max_size=9), max_size=15),
    delimiter=st.sampled_from([",", ";"]),
    kind=st.sampled_from(["sales", "weather", "local_events"]),
)
def test_every_row_of_any_table_is_accounted_for(rows, delimiter, kind):
    header = {
        "sales": [*HEADER, "time"],
        "weather": ["place", "date", "kind", "temperature_c", "issued_at"],
        "local_events": ["name", "starts_at", "ends_at", "known_at", "latitude"],
    }[kind]
    page = io.StringIO()
    csv.writer(page, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    try:
        parsed = read_upload(page.getvalue().encode("utf-8", "replace"), kind=kind, place=Place("Asia/Tokyo"))
    except PermanentError:
        return
    assert parsed.read_count == len(rows)
    assert parsed.read_count == parsed.loaded_count + sum(parsed.reasons.values())
    lines = [*parsed.rows["line_number"], *parsed.rejected["line_number"]]
    assert len(set(lines)) == len(lines)


@given(
    content=st.binary(max_size=200),
    after=st.sampled_from([b"", b"date,item,quantity\n", b"date;item;quantity\n2024-03-01;"]),
)
def test_any_bytes_are_read_or_refused_in_a_sentence(content, after):
    try:
        parsed = read_upload(after + content, kind="sales", place=Place("Europe/Paris"))
    except PermanentError as refusal:
        assert str(refusal).endswith(".")
    else:
        assert parsed.read_count >= parsed.loaded_count
