"""Fields of columns: stated, known, by preset, by name, by content; doubtful columns are refused."""

from itertools import combinations

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns._mapping import map_header
from flux_pipeline.ingest.columns.header_names import header_fingerprint, header_words, normalised_name, split_remark
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.kinds.sales._fields import SALES_FIELDS
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

SALES = KINDS["sales"]


def columns_of(*lines: str, **stated: str):
    opened = open_upload(
        Source.of("\n".join(lines).encode()), kind="sales", hints=Hints(stated), place=Place("Europe/Paris")
    )
    return opened.tables[0][1]


@pytest.mark.parametrize(
    "header",
    [
        "Order Date,Item Name (as sold),Qty.,Unit Price (EUR),Net Sales",
        "Datum,Artikelbezeichnung,Menge,Einzelpreis [€],Umsatz in €",
        "Date de vente,Libellé,Qté,Prix unitaire,Montant TTC",
        "Fecha,Artículo,Cantidad,Precio unitario,Importe",
        "Data vendita,Articolo,Quantità,Prezzo,Importo EUR",
        "Besteldatum,Omschrijving,Aantal,Stukprijs,Bedrag",
        "Data da venda,Produto,Qtde,Preço unitário (R$),Valor total",
        "Dato,Varenavn,Antal,Stykpris (DKK),Beløb",
        "Försäljningsdatum,Artikelnamn,Antal,Styckpris,Belopp (kr)",
        "Data sprzedaży,Nazwa produktu,Ilość,Cena jednostkowa,Wartość w PLN",
    ],
)
def test_a_header_is_understood_in_many_languages(header):
    found = map_header(tuple(header.split(",")), SALES, {})
    assert list(found.headers) == ["date", "item", "quantity", "price", "amount"]
    assert set(found.how.values()) == {"name"}
    assert found.unused == ()


def test_no_two_fields_of_sales_share_a_word_but_date_and_time():
    words = {field.name: {normalised_name(name) for name in (field.name, *field.synonyms)} for field in SALES_FIELDS}
    shared = {(one, other): words[one] & words[other] for one, other in combinations(words, 2)}
    assert {pair: both for pair, both in shared.items() if both} == {("date", "time"): {"datetime", "timestamp"}}


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Price (EUR)", ("price", "")),
        ("Umsatz in €", ("umsatz", "")),
        ("Umsatz EUR", ("umsatz", "")),
        ("Item Name (as sold)", ("itemname", "assold")),
        ("EUR", ("eur", "")),
        ("in", ("in", "")),
    ],
)
def test_currencies_and_remarks_are_taken_off_a_name(name, split):
    assert split_remark(name) == split


def test_a_remark_that_names_another_field_makes_another_column():
    found = map_header(("date", "item", "quantity", "Price (discount)"), SALES, {})
    assert found.unused == ("Price (discount)",)


def test_a_day_column_is_the_date_unless_there_is_a_month_column():
    assert map_header(("Day", "item", "qty"), SALES, {}).headers["date"] == "Day"
    apart = map_header(("Day", "Month", "item", "qty"), SALES, {}).headers
    assert (apart["day_of_month"], apart["month"], "date" in apart) == ("Day", "Month", False)
    beside = columns_of("Day,Month,item,qty", "2024-03-01,3,Tea,1")
    assert beside.headers["date"] == "Day"


def test_two_columns_of_one_field_are_refused_with_both_named():
    with pytest.raises(PermanentError, match=r"could be the item: 'Product', 'Article'.*--column item=Product"):
        columns_of("date,Product,Article,qty", "2024-03-01,Tea,Hot,1")


def test_contents_decide_between_two_columns_with_names_of_one_field():
    found = columns_of("date,Product,Article,qty", "2024-03-01,Tea,4711,1", "2024-03-01,Pie,4712,1")
    assert (found.headers["item"], found.how["item"]) == ("Product", "name")


def test_a_column_of_dates_is_the_date_whatever_its_name():
    found = columns_of("ds,item,qty", "2024-03-01,Tea,1", "2024-03-02,Tea,1")
    assert (found.headers["date"], found.how["date"]) == ("ds", "content")
    with pytest.raises(PermanentError, match="Several columns hold dates and could be the date: 'a', 'b'"):
        columns_of("a,b,item,qty", "2024-03-01,2024-03-02,Tea,1")


def test_content_never_overrides_a_name():
    found = columns_of("date,ds,item,qty", "tomorrow,2024-03-01,Tea,1")
    assert found.headers["date"] == "date"


def test_numbers_without_a_name_are_not_left_out_in_silence():
    lines = ("date,item,Sold", "2024-03-01,Tea,3", "2024-03-01,Pie,1")
    with pytest.raises(
        PermanentError, match=r"'Sold' holds numbers.*--column quantity=Sold \(.*--column price=Sold \(.*quantity=1"
    ):
        columns_of(*lines)
    assert columns_of(*lines, quantity="Sold").headers["quantity"] == "Sold"


def test_a_hint_can_count_one_unit_for_each_line():
    content = b"date,item,Sold\n2024-03-01,Tea,3\n2024-03-01,Pie,1\n"
    parsed = read_upload(content, kind="sales", columns={"quantity": "1"})
    assert parsed.rows["quantity"].tolist() == [1.0, 1.0]
    assert parsed.detected_format["columns"]["quantity"] == "1"
    assert read_upload(b"date,item,1\n2024-03-01,Tea,3\n", kind="sales", columns={"quantity": "1"}).rows[
        "quantity"
    ].tolist() == [3.0]


@pytest.mark.parametrize("column", ["id", "Terminal ID", "day of week", "Table no", "요일"])
def test_numbers_that_count_nothing_ask_for_nothing(column):
    assert columns_of(f"date,item,{column}", "2024-03-01,Tea,7", "2024-03-01,Pie,9").unused == (column,)


def test_a_running_number_asks_for_nothing():
    assert columns_of("n,date,item", *(f"{row},2024-03-01,Tea" for row in range(12))).unused == ("n",)
    assert columns_of(",date,item", "0,2024-03-01,Tea", "7,2024-03-01,Pie").unused == ("column 1",)


def test_an_earlier_mapping_is_used_again_after_hints():
    header = ("when", "what", "how many", "other")
    first = map_header(header, SALES, {"date": "when", "item": "what", "quantity": "how many"})
    again = map_header(header, SALES, {}, known=first.stated)
    assert again.headers == first.headers
    assert set(again.how.values()) == {"known"}
    changed = map_header(header, SALES, {"item": "other"}, known=first.stated)
    assert (changed.headers["item"], changed.how["item"], changed.how["date"]) == ("other", "stated", "known")


def test_a_known_mapping_of_columns_that_are_gone_is_of_no_account():
    found = map_header(("date", "item", "qty"), SALES, {}, known={"item": "Artikel", "nothing": "date"})
    assert (found.headers["item"], found.how["item"]) == ("item", "name")


def test_a_fingerprint_knows_a_header_by_its_names_and_their_order():
    same = header_fingerprint(["Date", "Qté "])
    assert same == header_fingerprint(["DATE", "qte"])
    assert same != header_fingerprint(["Qté", "Date"])
    assert len(same) == 64


def test_words_of_a_header_are_found_in_any_style():
    assert header_words("customerName") == header_words("CUSTOMER_NAME") == ("customer", "name")
