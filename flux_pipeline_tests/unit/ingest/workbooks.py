"""Workbooks for the tests: as a program writes them, or part by part where no program would."""

import datetime as dt
import io
import zipfile

import openpyxl

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = ()) -> bytes:
    """A workbook of these sheets, row by row from the first cell on; None leaves a cell empty."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    page = io.BytesIO()
    book.save(page)
    return page.getvalue()


def sales_rows() -> list[list[object]]:
    return [
        ["date", "item", "quantity", "price"],
        [dt.date(2024, 3, 1), "Soup", 2, 4.5],
        [dt.date(2024, 3, 2), "Bread", 1, 2.0],
    ]


def raw_workbook(sheet_data: str, parts: dict[str, bytes] | None = None) -> bytes:
    """The least that is a workbook: one sheet of this XML, and further parts by their path."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    made = {
        "[Content_Types].xml": f'{head}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/externalLink" Target="externalLinks/externalLink1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'{head}<worksheet xmlns="{_SHEET}">'
        f"<sheetData>{sheet_data}</sheetData></worksheet>",
    }
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**{name: text.encode() for name, text in made.items()}, **(parts or {})}.items():
            archive.writestr(name, content)
    return page.getvalue()


def row_of(number: int, *texts: str) -> str:
    """A row of texts as XML, from the first column on."""
    cells = "".join(
        f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for place, text in enumerate(texts)
    )
    return f'<row r="{number}">{cells}</row>'
