"""Any table of valid sales, written in any way that tills and spreadsheets write one, comes back identical."""

import csv
import datetime as dt
import gzip
import io
import zipfile
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.sales.marks import name_discounts
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.ingest.upload import open_upload

PARIS = Place("Europe/Paris")
# Any name may come up, "tip" too.
NOTHING_IGNORED = UploadSettings(upload_ignored_items=())


@dataclass(frozen=True)
class Sale:
    """A line of a ticket, or of a day. `time` is local."""

    day: dt.date
    time: dt.time
    item: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    ticket: str | None


@dataclass(frozen=True)
class Dialect:
    """How a program writes a table. `time` is None where it tells none; `moment` is how both stand in one column."""

    delimiter: str
    numbers: tuple[str, str]
    money: str
    minus: str
    date: str
    time: str | None
    moment: str | None
    encoding: str
    line_end: str
    last_line_ends: bool
    quoting: int
    container: str


# Of one day after the 12th, as any real month has: it settles the order of the others. And its price has cents.
FIRST = Sale(dt.date(2024, 3, 31), dt.time(12, 30), "Soup", Decimal(2), Decimal("4.50"), Decimal("9.00"), None)

# Control characters are no text, and a NUL is refused by design; a workbook can't hold what is no character at all.
NAMES = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs"]), min_size=1, max_size=20)
    .map(lambda name: " ".join(name.split()))
    # An apostrophe alone marks an empty cell as text.
    .filter(lambda name: name not in ("", "'"))
)
# Which of the older encodings a file is in, words tell; random letters don't.
WORDS = st.sampled_from(
    ["Crème brûlée", "Café crème", "Jalapeño", "Käsespätzle", "Weißwurst", "Smörgås", "Pâté “maison”", "Soup 1/2"]
)

SALES = st.builds(
    Sale,
    day=st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31)),
    # From two to three in the morning clocks change, and until four a sale is of the day before (test_days_*.py).
    time=st.builds(dt.time, st.integers(4, 23), st.integers(0, 59), st.sampled_from([0, 7, 59])),
    item=NAMES,
    quantity=st.integers(-(10**8), 10**8).filter(bool).map(lambda thousandths: Decimal(thousandths) / 1000),
    price=st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100),
    amount=st.integers(-(10**11) + 1, 10**11 - 1).map(lambda cents: Decimal(cents) / 100),
    ticket=st.none() | NAMES,
)

NUMERIC_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y", "%m/%d/%y")
DIALECTS = st.builds(
    Dialect,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    # Decimal mark and thousands mark.
    numbers=st.sampled_from(
        [*((".", sign) for sign in ("", ",", "'", "\u2019", " ")), *((",", sign) for sign in ("", ".", "\u00a0", " "))]
    ),
    money=st.sampled_from(["{}", "{} €", "€{}", "$ {}", "£{}", "EUR {}", "{} kr", "{} CHF"]),
    minus=st.sampled_from(["-{}", "({})", "{}-"]),
    date=st.sampled_from([*NUMERIC_DATES, "%d %b %Y", "%B %d, %Y"]),
    time=st.sampled_from([None, "%H:%M:%S", "%I:%M:%S %p", "%I:%M:%S%p"]),
    moment=st.sampled_from([None, "{date} {time}", "{date}T{time}", "utc"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "said to be cp1252"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    last_line_ends=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    container=st.sampled_from(["csv", "csv.gz", "zip", "xlsx"]),
)


def number_text(number: Decimal, places: int, dialect: Dialect, money: str = "{}") -> str:
    mark, thousands = dialect.numbers
    digits = f"{abs(number):,.{places}f}".replace(",", "\0").replace(".", mark).replace("\0", thousands)
    text = money.format(digits)
    return dialect.minus.format(text) if number < 0 else text


def moment_texts(sale: Sale, dialect: Dialect) -> list[str]:
    """The cells of date and time: one where both are in one column, or there is no time."""
    date = sale.day.strftime(dialect.date)
    if dialect.time is None:
        return [date]
    time = sale.time.strftime(dialect.time)
    if dialect.moment is None:
        return [date, time]
    if dialect.moment == "utc":
        local = dt.datetime.combine(sale.day, sale.time, ZoneInfo(PARIS.timezone))
        return [local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")]
    return [dialect.moment.format(date=date, time=time)]


def header_of(dialect: Dialect) -> list[str]:
    when = ["date", "time"] if dialect.time and dialect.moment is None else ["date"]
    return [*when, "item", "quantity", "price", "amount", "ticket"]


def as_text(sales: list[Sale], dialect: Dialect) -> bytes:
    page = io.StringIO()
    writer = csv.writer(page, delimiter=dialect.delimiter, lineterminator=dialect.line_end, quoting=dialect.quoting)
    writer.writerow(header_of(dialect))
    for sale in sales:
        numbers = [
            number_text(sale.quantity, 3, dialect),
            number_text(sale.price, 2, dialect, dialect.money),
            number_text(sale.amount, 2, dialect, dialect.money),
        ]
        writer.writerow([*moment_texts(sale, dialect), sale.item, *numbers, sale.ticket or ""])
    text = page.getvalue()
    text = text if dialect.last_line_ends else text.removesuffix(dialect.line_end)
    return text.encode(dialect.encoding.removeprefix("said to be "))


def as_workbook(sales: list[Sale], dialect: Dialect) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(header_of(dialect))
    for row, sale in enumerate(sales, start=2):
        moment = dt.datetime.combine(sale.day, sale.time)
        when = [sale.day] if dialect.time is None else [moment] if dialect.moment else [sale.day, sale.time]
        texts = [sale.item, sale.ticket]
        cells = [*when, sale.item, float(sale.quantity), float(sale.price), float(sale.amount), sale.ticket]
        for column, value in enumerate(cells, start=1):
            cell = sheet.cell(row, column, value if value not in texts else None)
            if value is not None and value in texts:
                # Whatever it begins with, it is no formula.
                cell.value, cell.data_type = value, "s"
    page = io.BytesIO()
    book.save(page)
    return page.getvalue()


def written(sales: list[Sale], dialect: Dialect) -> bytes:
    if dialect.container == "xlsx":
        return as_workbook(sales, dialect)
    content = as_text(sales, dialect)
    if dialect.container == "csv.gz":
        return gzip.compress(content, mtime=0)
    if dialect.container == "zip":
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export/sales.csv", content)
        return page.getvalue()
    return content


def read(content: bytes, dialect: Dialect) -> ParsedUpload:
    said = Hints(encoding="cp1252") if dialect.encoding.startswith("said") and dialect.container != "xlsx" else None
    source = Source.of(content, f"sales.{dialect.container}")
    opened = open_upload(source, kind="sales", hints=said, place=PARIS, settings=NOTHING_IGNORED)
    return merged(list(opened.parts()))


@st.composite
def written_sales(draw: st.DrawFn) -> tuple[list[Sale], Dialect]:
    """Sales that the dialect can hold."""
    dialect = draw(DIALECTS)
    sales = [FIRST, *draw(st.lists(SALES, min_size=1, max_size=12))]
    if dialect.encoding.endswith("cp1252"):
        sales = [Sale(**{**vars(sale), "item": draw(WORDS), "ticket": None}) for sale in sales]
    return sales, dialect


@settings(max_examples=100)
@given(written_sales())
def test_sales_written_in_any_dialect_read_back_identical(case: tuple[list[Sale], Dialect]) -> None:
    sales, dialect = case
    # A file of which most quantities contradict the money is refused.
    assume(2 * sum(sale.quantity < 0 < sale.amount for sale in sales) <= len(sales))
    parsed = read(written(sales, dialect), dialect)
    # Discounts are no units; test_sales_discounts.py tests them.
    assume(not name_discounts(Texts.of(np.array([sale.item for sale in sales], dtype=object))).any())
    # Money that goes back says that the goods did.
    returns = [sale.amount < 0 < sale.quantity for sale in sales]
    sales = [
        replace(sale, quantity=-sale.quantity) if is_return else sale
        for sale, is_return in zip(sales, returns, strict=True)
    ]
    # Goods that go back say that their money did.
    sales = [replace(sale, amount=-abs(sale.amount)) if sale.quantity < 0 else sale for sale in sales]
    rows = parsed.rows
    assert parsed.reasons == {}
    assert rows["item_name"].tolist() == [sale.item for sale in sales]
    assert rows["ticket"].tolist() == [sale.ticket for sale in sales]
    assert rows["business_date"].dt.date.tolist() == [sale.day for sale in sales]
    for column, name in (("quantity", "quantity"), ("unit_price", "price"), ("line_amount", "amount")):
        assert rows[column].tolist() == [float(getattr(sale, name)) for sale in sales]
    if dialect.time is None:
        assert rows["sold_at"].isna().all()
    else:
        local = rows["sold_at"].dt.tz_convert(PARIS.timezone).dt.tz_localize(None)
        assert local.tolist() == [dt.datetime.combine(sale.day, sale.time) for sale in sales]
