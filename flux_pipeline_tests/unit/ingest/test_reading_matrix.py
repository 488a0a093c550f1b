"""Odd and bad files, each named by its defect, with their exact results."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload

PARIS = Place("Europe/Paris")
BOTH = ["Soup", "Bread"]

# file, encoding, delimiter, the items read and the lines that they stand on, what was set aside, by reason.
READ = [
    ("sales_gzip.csv.gz", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_gzip_named_csv.csv", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_zip_of_one_file.zip", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_zip_with_litter.zip", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_zip_path_traversal.zip", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_utf16.csv", "utf-16", ",", ["Soup"], [2], {}),
    ("sales_utf16_le_without_mark.csv", "utf-16-le", ",", ["Crème brûlée"], [2], {}),
    ("sales_utf16_be_without_mark.csv", "utf-16-be", ",", ["Crème brûlée"], [2], {}),
    ("sales_utf32.csv", "utf-32", ",", ["Crème brûlée"], [2], {}),
    ("sales_cp1252_german.csv", "cp1252", ",", ["Käsespätzle", "Weißwurst"], [2, 3], {}),
    ("sales_cp1252_spanish.csv", "cp1252", ",", ["Jalapeño", "Café con leche"], [2, 3], {}),
    ("sales_cp1250_polish.csv", "cp1250", ",", ["Żurek", "Pączki"], [2, 3], {}),
    ("sales_cp1251_russian.csv", "cp1251", ",", ["Борщ", "Чай"], [2, 3], {}),
    ("sales_cp1253_greek.csv", "cp1253", ",", ["Μουσακάς", "Καφές"], [2, 3], {}),
    ("sales_cp1254_turkish.csv", "cp1254", ",", ["Şiş kebap", "Lahmacun"], [2, 3], {}),
    ("sales_mac_roman_french.csv", "mac_roman", ",", ["Crème brûlée", "Café"], [2, 3], {}),
    ("sales_cp850_dos.csv", "cp850", ",", ["Käse", "Brötchen"], [2, 3], {}),
    ("sales_cp932_japanese.csv", "cp932", ",", ["ラーメン", "コーヒー"], [2, 3], {}),
    (
        *("sales_cp949_korean.csv", "cp949", ","),
        *(["김치찌개", "된장찌개", "순두부", "비빔밥", "불고기", "라면"], [2, 3, 4, 5, 6, 7], {}),
    ),
    ("sales_gb18030_chinese.csv", "gb18030", ",", ["红烧肉", "酸辣汤", "蛋炒饭", "小笼包"], [2, 3, 4, 5], {}),
    ("sales_big5_taiwanese.csv", "big5", ",", ["珍珠奶茶", "牛肉麵"], [2, 3], {}),
    ("sales_title_lines.csv", "utf-8", ";", BOTH, [5, 6], {}),
    ("sales_sep_line.csv", "utf-8", ";", BOTH, [3, 4], {}),
    ("sales_repeated_header.csv", "utf-8", ",", [*BOTH, *BOTH], [2, 3, 5, 6], {"repeated_header": 1}),
    ("sales_totals_line.csv", "utf-8", ",", [*BOTH, "Tea"], [2, 3, 5], {"totals_line": 2}),
    ("sales_item_called_total.csv", "utf-8", ",", ["Total", "Soup"], [2, 3], {"bad_date": 1}),
    ("sales_stray_quotes.csv", "utf-8", ",", ['Pizza 12"', 'The "special"', '5" roll'], [2, 3, 4], {}),
    ("sales_old_mac_line_ends.csv", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_crlf_and_quoted_breaks.csv", "utf-8", ",", ["Menu of the day"], [2], {"bad_price": 1}),
    ("sales_delimiters_at_line_ends.csv", "utf-8", ",", BOTH, [2, 3], {}),
    ("sales_cells_of_spaces.csv", "utf-8", ",", ["Soup"], [3], {"blank_line": 1}),
    ("sales_unnamed_column.csv", "utf-8", ",", ["Soup"], [2], {}),
    ("sales_duplicate_header.csv", "utf-8", ",", ["Soup"], [2], {}),
    (
        *("sales_form_feed_and_bell.csv", "utf-8", ","),
        *(["Soup", "Bread of the house " * 6 + "\x07"], [2, 4], {"blank_line": 1}),
    ),
]

REFUSED = [
    ("sales_gzip_cut_off.csv.gz", "The archive can't be read .*end-of-stream"),
    ("sales_zip_cut_off.zip", "The archive can't be read .File is not a zip file"),
    ("sales_zip_of_two_files.zip", "holds 2 files .'january.csv', 'february.csv'.; expected one. Upload each"),
    ("sales_zip_of_nothing.zip", "holds no file; expected one"),
    ("sales_zip_in_zip.zip", "The zip archive holds another archive"),
    ("sales_zip_with_password.zip", "'sales.csv' in the archive has a password"),
    ("sales_web_page.xls", "The file is a web page"),
    ("sales_half_utf8_half_cp1252.csv", r"Line 3 of the file is not UTF-8 \(byte 0xe9\), while other lines are"),
    ("sales_gb18030_or_cp949.csv", "in none of the older encodings, or in several.*--encoding"),
    ("sales_nul_byte.csv", "not text: line 2 holds the byte 0x00"),
    ("sales_title_lines_only.csv", "columns are 'Sales report'"),
]


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "items", "lines", "reasons"), READ, ids=[row[0] for row in READ]
)
def test_an_odd_file_is_read_as_it_was_meant(tiny, name, encoding, delimiter, items, lines, reasons):
    parsed = read_upload(tiny(name), kind="sales", place=PARIS)
    assert (parsed.detected_format["encoding"], parsed.detected_format["delimiter"]) == (encoding, delimiter)
    assert parsed.rows["item_name"].tolist() == items
    assert parsed.rows["line_number"].tolist() == lines
    assert parsed.reasons == reasons
    assert parsed.read_count == len(items) + sum(reasons.values())


@pytest.mark.parametrize(("name", "says"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_bad_file_is_refused_in_a_sentence(tiny, name, says):
    with pytest.raises(PermanentError, match=says) as refusal:
        read_upload(tiny(name), kind="sales", place=PARIS)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")
