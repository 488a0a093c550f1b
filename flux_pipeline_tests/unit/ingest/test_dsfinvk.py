"""DSFinV-K, the export that every till in Germany must have: lines.csv alone, and the whole export as one zip file."""

import io
import zipfile

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.personal.redaction import rewrite_without
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

BERLIN = Place("Europe/Berlin", country_code="DE")

LINES = (
    "Z_KASSE_ID;Z_ERSTELLUNG;Z_NR;BON_ID;POS_ZEILE;GUTSCHEIN_NR;ARTIKELTEXT;POS_TERMINAL_ID;GV_TYP;GV_NAME;INHAUS;"
    "P_STORNO;AGENTUR_ID;ART_NR;GTIN;WARENGR_ID;WARENGR;MENGE;FAKTOR;EINHEIT;STK_BR"
)
RECEIPTS = (
    "Z_KASSE_ID;Z_ERSTELLUNG;Z_NR;BON_ID;BON_NR;BON_TYP;BON_NAME;TERMINAL_ID;BON_STORNO;BON_START;BON_ENDE;BEDIENER_ID;"
    "BEDIENER_NAME;UMS_BRUTTO;KUNDE_NAME"
)
TAXES = "Z_KASSE_ID;Z_ERSTELLUNG;Z_NR;BON_ID;POS_ZEILE;UST_SCHLUESSEL;POS_BRUTTO;POS_NETTO;POS_UST"


def line(
    receipt: str,
    number: int,
    item: str,
    quantity: str,
    price: str,
    *,
    kind: str = "Umsatz",
    void: str = "0",
    factor: str = "1,000",
    till: str = "K1",
    closing: str = "1",
    closed: str = "2023-06-10T23:10:33",
) -> str:
    return (
        f'"{till}";"{closed}";"{closing}";"{receipt}";"{number}";"";"{item}";"T1";"{kind}";"";"1";"{void}";"0";"7";"";'
        f'"10";"Speisen";"{quantity}";"{factor}";"Stück";"{price}"'
    )


def receipt(
    number: str,
    kind: str = "Beleg",
    *,
    void: str = "0",
    start: str = "2023-06-10T19:02:11",
    end: str = "2023-06-10T20:00:00",
    till: str = "K1",
    closing: str = "1",
) -> str:
    return (
        f'"{till}";"2023-06-10T23:10:33";"{closing}";"{number}";"1";"{kind}";"";"T1";"{void}";"{start}";"{end}";"7";'
        '"Kim Kellner";"1,00";"Gast Geheim"'
    )


def text(header: str, *rows: str) -> str:
    return "\n".join([header, *rows, ""])


def zipped(files: dict[str, str | bytes]) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return page.getvalue()


def read(content: bytes) -> ParsedUpload:
    return read_upload(content, kind="sales", place=BERLIN)


def figures(parsed: ParsedUpload) -> tuple[int, float, float, int]:
    rows = parsed.rows
    return len(rows), rows["quantity"].sum(), round(rows["line_amount"].sum(), 2), rows["ticket"].nunique()


SCHNITZEL, RADLER = line("B-1", 1, "Schnitzel", "2,000", "18,50000"), line("B-1", 2, "Radler", "3,000", "4,80000")
# name, the rows of lines.csv; lines, units, money, tickets; reasons of the lines that are set aside.
ALONE = [
    (
        "sales, a line taken back, a tip, a deposit, a voucher, a discount and a weight",
        [
            SCHNITZEL,
            RADLER,
            line("B-1", 3, "Radler", "-1,000", "4,80000", void="1"),
            line("B-1", 4, "Trinkgeld", "1,000", "5,00000", kind="TrinkgeldAN"),
            line("B-2", 1, "Apfelschorle", "1,000", "3,90000"),
            line("B-2", 2, "Pfandflasche", "1,000", "0,25000", kind="Pfand"),
            line("B-2", 3, "Gutschein 50", "1,000", "50,00000", kind="MehrzweckgutscheinKauf"),
            line("B-3", 1, "Schnitzel", "1,000", "18,50000", closing="2", closed="2023-06-11T22:48:02"),
            line("B-3", 2, "Rabatt", "1,000", "-2,00000", kind="Rabatt", closing="2", closed="2023-06-11T22:48:02"),
            line("B-3", 3, "Hauswein", "0,250", "24,00000", closing="2", closed="2023-06-11T22:48:02"),
        ],
        (6, 6.25, 75.00, 3),
        {"not_a_sale": 4},
    ),
    ("plain sales", [SCHNITZEL, RADLER], (2, 5, 51.40, 1), {}),
    (
        "a line that takes back another",
        [SCHNITZEL, RADLER, line("B-1", 3, "Radler", "-1,000", "4,80000", void="1")],
        (3, 4, 46.60, 1),
        {},
    ),
    (
        "both halves marked as void",
        [
            SCHNITZEL,
            line("B-1", 2, "Radler", "1,000", "4,80000", void="1"),
            line("B-1", 3, "Radler", "-1,000", "4,80000", void="1"),
        ],
        (1, 2, 37.00, 1),
        {"void": 2},
    ),
    *(
        (
            f"no sale: {kind}",
            [SCHNITZEL, line("B-1", 2, kind, "1,000", price, kind=kind)],
            (1, 2, 37.00, 1),
            {"not_a_sale": 1},
        )
        for kind, price in (
            *(("TrinkgeldAN", "5,00000"), ("Pfand", "0,25000"), ("PfandRueckzahlung", "-0,25000")),
            *(("MehrzweckgutscheinKauf", "50,00000"), ("Rabatt", "-2,00000"), ("Anfangsbestand", "100,00000")),
            ("", "3,00000"),
        )
    ),
    ("a weight", [line("B-1", 1, "Hauswein", "0,250", "24,00000")], (1, 0.25, 6.00, 1), {}),
    ("no factor", [line("B-1", 1, "Schnitzel", "2,000", "18,50000", factor="")], (1, 2, 37.00, 1), {}),
    ("decimal points", [line("B-1", 1, "Schnitzel", "2.000", "18.50000", factor="1.000")], (1, 2, 37.00, 1), {}),
    (
        "a receipt's number given again after the next closing",
        [SCHNITZEL, line("B-1", 1, "Schnitzel", "1,000", "18,50000", closing="2", closed="2023-06-11T22:48:02")],
        (2, 3, 55.50, 2),
        {},
    ),
    (
        "a receipt's number given by another till",
        [SCHNITZEL, line("B-1", 1, "Schnitzel", "1,000", "18,50000", till="K2")],
        (2, 3, 55.50, 2),
        {},
    ),
    (
        "a return with a quantity below 0",
        [SCHNITZEL, line("B-2", 1, "Schnitzel", "-1,000", "18,50000")],
        (2, 1, 18.50, 2),
        {},
    ),
]


@pytest.mark.parametrize(("rows", "loaded", "reasons"), [row[1:] for row in ALONE], ids=[row[0] for row in ALONE])
def test_lines_alone_are_read(rows, loaded, reasons):
    parsed = read(text(LINES, *rows).encode())
    assert figures(parsed) == loaded
    assert parsed.reasons == reasons


def test_the_stamp_of_the_closing_gives_the_business_day_and_no_time():
    late = line("B-2", 1, "Tea", "1,000", "3,00000", closing="2", closed="2023-06-12T01:30:00")
    rows = read(text(LINES, SCHNITZEL, late).encode()).rows
    assert rows["business_date"].astype(str).tolist() == ["2023-06-10", "2023-06-11"]
    assert rows["sold_at"].isna().all()


def test_what_lines_alone_do_not_say_is_noted():
    tip = line("B-1", 3, "Trinkgeld", "1,000", "5,00000", kind="TrinkgeldAN")
    discount = line("B-1", 4, "Rabatt", "1,000", "-2,00000", kind="Rabatt")
    notes = read(text(LINES, SCHNITZEL, tip, discount).encode()).detected_format["notes"]
    assert "Send the whole export as one zip file" in notes[0]
    assert notes[1] == "Left out as no sale, with their money: TrinkgeldAN (1 line, 5.00), Rabatt (1 line, -2.00)."


def test_a_pack_is_rejected_where_its_money_is_not_known():
    pack = line("B-1", 2, "Kasten", "2,000", "1,50000", factor="20,000")
    parsed = read(text(LINES, *[SCHNITZEL] * 30, pack).encode())
    assert parsed.reasons == {"bad_quantity": 1}


# name, lines, receipts, taxes; figures; reasons.
WHOLE = [
    ("plain sales", [SCHNITZEL, RADLER], [receipt("B-1")], [], (2, 5, 51.40, 1), {}),
    *(
        (
            f"a receipt that is no sale: {kind}",
            [SCHNITZEL, line("B-2", 1, "Radler", "9,000", "4,80000")],
            [receipt("B-1"), receipt("B-2", kind)],
            [],
            (1, 2, 37.00, 1),
            {"not_a_sale": 1},
        )
        for kind in ("AVTraining", "AVBelegabbruch", "AVBestellung", "AVTransfer", "AVRechnung", "AVBelegstorno")
    ),
    (
        "a cancelled receipt",
        [SCHNITZEL, line("B-2", 1, "Radler", "1,000", "4,80000")],
        [receipt("B-1"), receipt("B-2", void="1")],
        [],
        (1, 2, 37.00, 1),
        {"void": 1},
    ),
    (
        "a line without a receipt",
        [SCHNITZEL, line("B-9", 1, "Radler", "1,000", "4,80000")],
        [receipt("B-1")],
        [],
        (1, 2, 37.00, 1),
        {"bad_date": 1},
    ),
    (
        "a pack with its money, at two rates",
        [line("B-1", 1, "Kasten", "2,000", "1,50000", factor="20,000")],
        [receipt("B-1")],
        [
            '"K1";"x";"1";"B-1";"1";"1";"40,00000";"33,61";"6,39"',
            '"K1";"x";"1";"B-1";"1";"2";"20,00000";"18,69";"1,31"',
        ],
        (1, 2, 60.00, 1),
        {},
    ),
    (
        "one number at two tills",
        [SCHNITZEL, line("B-1", 1, "Radler", "1,000", "4,80000", till="K2")],
        [receipt("B-1"), receipt("B-1", "AVTraining", till="K2")],
        [],
        (1, 2, 37.00, 1),
        {"not_a_sale": 1},
    ),
]


@pytest.mark.parametrize(
    ("lines", "receipts", "taxes", "loaded", "reasons"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE]
)
def test_the_whole_export_is_read(lines, receipts, taxes, loaded, reasons):
    files = {"index.xml": "<DataSet/>", "gdpdu-01-09-2004.dtd": "x", "vat.csv": "a;b\n1;2\n"}
    files |= {"lines.csv": text(LINES, *lines), "transactions.csv": text(RECEIPTS, *receipts)}
    parsed = read(zipped({**files, "lines_vat.csv": text(TAXES, *taxes)}))
    assert figures(parsed) == loaded
    assert parsed.reasons == reasons


def whole(**changed: str | bytes) -> dict[str, str | bytes]:
    return {"lines.csv": text(LINES, SCHNITZEL), "transactions.csv": text(RECEIPTS, receipt("B-1"))} | changed


def test_a_sale_has_the_time_at_which_its_receipt_began():
    rows = read(zipped(whole())).rows
    assert rows["sold_at"].dt.strftime("%d %H:%M").tolist() == ["10 17:02"]
    ended = text(RECEIPTS, receipt("B-1", start=""))
    assert read(zipped(whole() | {"transactions.csv": ended})).rows["sold_at"].dt.hour.tolist() == [18]


def test_a_sale_after_midnight_counts_for_the_day_before():
    late = text(RECEIPTS, receipt("B-1", start="2023-06-11T01:15:00"))
    assert read(zipped(whole() | {"transactions.csv": late})).rows["business_date"].astype(str).tolist() == [
        "2023-06-10"
    ]


@pytest.mark.parametrize(
    "files",
    [
        {f"Export/{name}": content for name, content in whole().items()},
        {name.upper(): content for name, content in whole().items()},
        {name: b"\xef\xbb\xbf" + content.encode() for name, content in whole().items() if isinstance(content, str)},
        {name: content.encode("cp1252") for name, content in whole().items() if isinstance(content, str)},
        {name: content.replace("\n", "\r\n") for name, content in whole().items() if isinstance(content, str)},
        {name: content.replace(";", "|") for name, content in whole().items() if isinstance(content, str)},
        {**whole(), "__MACOSX/._lines.csv": b"\x00"},
    ],
    ids=[
        "in a folder",
        "in capitals",
        "with a mark",
        "in an older encoding",
        "with other line ends",
        "with bars",
        "litter",
    ],
)
def test_an_export_is_known_however_it_is_written(files):
    assert figures(read(zipped(files))) == (1, 2, 37.00, 1)


def test_an_export_of_several_folders_is_one_table():
    second = {"lines.csv": text(LINES, line("B-1", 1, "Radler", "1,000", "4,80000", closing="2"))}
    second["transactions.csv"] = text(RECEIPTS, receipt("B-1", closing="2", start="2023-06-11T12:00:00"))
    files = {f"1/{name}": content for name, content in whole().items()}
    parsed = read(zipped(files | {f"2/{name}": content for name, content in second.items()}))
    assert figures(parsed) == (2, 3, 41.80, 2)
    assert parsed.rows["business_date"].astype(str).tolist() == ["2023-06-10", "2023-06-11"]


def test_an_export_without_the_columns_that_join_it_is_refused():
    broken = whole() | {"transactions.csv": "Z_KASSE_ID;Z_NR;BON_TYP\nK1;1;Beleg\n"}
    with pytest.raises(PermanentError, match=r"transactions\.csv of the DSFinV-K export has no column 'BON_ID'"):
        read(zipped(broken))


def test_other_archives_of_several_files_are_refused_as_before():
    with pytest.raises(PermanentError, match="The archive holds 2 files"):
        read(zipped({"lines.csv": text(LINES, SCHNITZEL), "index.xml": "<DataSet/>"}))


def test_what_is_kept_of_an_export_is_the_joined_table_without_persons_and_reads_the_same():
    content = zipped(whole())
    source = Source.of(content)
    opened = open_upload(source, kind="sales", place=BERLIN)
    [(table, columns)] = opened.tables
    assert table.joined
    kept = b"".join(rewrite_without(source, [(table, columns.personal)]))
    assert b"Geheim" not in kept and b"Kellner" not in kept
    assert read(kept).rows.equals(read(content).rows)
