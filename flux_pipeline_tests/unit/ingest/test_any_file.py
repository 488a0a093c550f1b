"""Properties that hold for any file: rows are accounted for, and what was written comes back."""

import csv
import datetime as dt
import io
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import Place, read_upload
from flux_pipeline.ingest.settings import UploadSettings

# Any name may come up, "tip" too.
NOTHING_IGNORED = UploadSettings(upload_ignored_items=())
HEADER = ["date", "item", "quantity", "price", "amount", "ticket"]

# Names as people type them; control characters are no text, and a NUL is refused by design.
NAMES = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
    .map(lambda name: " ".join(name.split()))
    .filter(bool)
)

SALE = st.tuples(
    st.dates(min_value=dt.date(2015, 1, 1), max_value=dt.date(2035, 12, 31)),
    NAMES,
    st.integers(-(10**8), 10**8).filter(bool).map(lambda thousandths: Decimal(thousandths) / 1000),
    st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100),
    st.integers(-(10**11), 10**11).map(lambda cents: Decimal(cents) / 100),
    st.none() | NAMES,
)


def written(sales: list[tuple], delimiter: str, mark: str, date_form: str, line_end: str) -> str:
    page = io.StringIO()
    writer = csv.writer(page, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(HEADER)
    for day, item, quantity, price, amount, ticket in sales:
        numbers = [f"{quantity:.3f}", f"{price:.2f}", f"{amount:.2f}"]
        writer.writerow([day.strftime(date_form), item, *(text.replace(".", mark) for text in numbers), ticket or ""])
    return page.getvalue()


# No deadline: the first example pays for loading pandas.
@settings(deadline=None)
@given(
    sales=st.lists(SALE, min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    mark=st.sampled_from([".", ","]),
    date_form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_what_was_written_comes_back(sales, delimiter, mark, date_form, line_end, encoding):
    # One day after the 12th settles the order of the others, as in any real month.
    sales = [(dt.date(2024, 3, 31), "Soup", Decimal(1), Decimal("4.50"), Decimal("4.50"), None), *sales]
    parsed = read_upload(
        written(sales, delimiter, mark, date_form, line_end).encode(encoding), kind="sales", settings=NOTHING_IGNORED
    )
    assert parsed.reasons == {}
    rows = parsed.rows
    assert rows["business_date"].dt.date.tolist() == [sale[0] for sale in sales]
    assert rows["item_name"].tolist() == [sale[1] for sale in sales]
    for column, place, decimals in (("quantity", 2, 3), ("unit_price", 3, 2), ("line_amount", 4, 2)):
        assert [Decimal(f"{number:.{decimals}f}") for number in rows[column]] == [sale[place] for sale in sales]
        assert [float(sale[place]) for sale in sales] == rows[column].tolist()
    assert rows["ticket"].tolist() == [sale[5] for sale in sales]


CELL = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-1", "2024-03-01", "31/12/2024", "2024-03-01 25:00", "12:30", '"', "a\nb", "1,5", "€ 2.50"]
    ),
    # A lone carriage return ends a line for some programs and not for others; no writer leaves it unquoted on purpose.
    st.text(st.characters(exclude_characters="\r"), max_size=8),
)


@settings(deadline=None)
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


@settings(deadline=None)
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
