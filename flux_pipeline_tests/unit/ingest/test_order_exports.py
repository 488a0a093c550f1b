"""Exports of orders: columns of the lines beside those of the order, whose cells are filled on its first line only."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload

BERLIN = Place("Europe/Berlin", country_code="DE")

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Subtotal,Taxes,Total,Discount Amount,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem discount,Cancelled at,Location"
)
ODOO = "Order Ref,Date,Order Lines/Product,Order Lines/Quantity,Order Lines/Subtotal,Total,Status"

# name, the file, and what is loaded of it: lines, units, money, tickets; reasons of the lines that are set aside.
FILES = [
    (
        "shopify: totals of the order beside its lines",
        f"""{SHOPIFY}
#1,a@example.com,paid,2026-03-29,14.50,2.42,14.50,2.00,2026-03-29 10:40:10 +0000,2,Flat white,3.50,0.00,,Mill Lane
#1,a@example.com,,,,,,,2026-03-29 10:40:10 +0000,1,Sourdough loaf,9.50,2.00,,
#2,,paid,2026-03-30,7.00,1.17,7.00,0.00,2026-03-30 11:00:00 +0100,2,Flat white,3.50,0.00,,Mill Lane""",
        (3, 5, 21.50, 2),
        {},
    ),
    (
        "shopify: refunded, voided, and a gift card",
        f"""{SHOPIFY}
#1,,paid,,14.50,2.42,14.50,2.00,2026-03-29 10:40:10 +0000,2,Flat white,3.50,0.00,,Mill Lane
#1,,,,,,,,2026-03-29 10:40:10 +0000,1,Sourdough loaf,9.50,2.00,,
#2,,paid,,20.00,0.00,20.00,0.00,2026-03-29 12:04:50 +0100,1,Gift card £20,20.00,0.00,,Mill Lane
#3,,refunded,,3.50,0.58,3.50,0.00,2026-03-30 09:00:00 +0100,1,Flat white,3.50,0.00,,Mill Lane
#4,,voided,,19.00,3.17,19.00,0.00,2026-03-30 10:00:00 +0100,2,Sourdough loaf,9.50,0.00,,Mill Lane
#5,,paid,,7.00,1.17,7.00,0.00,2026-03-30 11:00:00 +0100,2,Flat white,3.50,0.00,,Mill Lane""",
        (3, 5, 21.50, 2),
        {"ignored_item": 1, "refunded_sale": 1, "void": 1},
    ),
    (
        "shopify: a voided order of two lines",
        f"""{SHOPIFY}
#1,,voided,,12.00,,12.00,,2026-03-29 10:40:10 +0000,1,Tea,3.00,0,,
#1,,,,,,,,2026-03-29 10:40:10 +0000,1,Pie,9.00,0,,
#2,,paid,,3.00,,3.00,,2026-03-29 10:45:10 +0000,1,Tea,3.00,0,,""",
        (1, 1, 3.00, 1),
        {"void": 2},
    ),
    (
        "shopify: the order after a voided one has no status",
        f"""{SHOPIFY}
#1,,voided,,3.00,,3.00,,2026-03-29 10:40:10 +0000,1,Tea,3.00,0,,
#2,,,,3.00,,3.00,,2026-03-29 10:45:10 +0000,2,Tea,3.00,0,,
#2,,,,,,,,2026-03-29 10:45:10 +0000,1,Pie,9.00,0,,""",
        (2, 3, 15.00, 1),
        {"void": 1},
    ),
    (
        "shopify: cancelled although paid",
        f"""{SHOPIFY}
#1,,paid,,12.00,,12.00,,2026-03-29 10:40:10 +0000,1,Tea,3.00,0,2026-03-29 11:00:00 +0000,
#1,,,,,,,,2026-03-29 10:40:10 +0000,1,Pie,9.00,0,,
#2,,paid,,3.00,,3.00,,2026-03-29 10:45:10 +0000,1,Tea,3.00,0,,""",
        (1, 1, 3.00, 1),
        {"void": 2},
    ),
    (
        "shopify: nothing but the item on the other lines",
        """Name,Created at,Financial Status,Lineitem quantity,Lineitem name,Lineitem price
#1,2026-08-01 10:00:00 +0000,paid,3,Mug,20.00
,,,2,Bowl,10.00
#2,2026-08-31 10:00:00 +0000,paid,5,Mug,20.00""",
        (3, 10, 180.00, 2),
        {},
    ),
    (
        "shopify: one day for each order",
        """Name,Paid at,Total,Lineitem quantity,Lineitem name,Lineitem price
#1,2026-03-15,49.99,1,Mouse,39.99
#2,2026-03-15,129.99,1,Keyboard,99.99
#2,2026-03-15,129.99,1,Hub,29.99""",
        (3, 3, 169.97, 2),
        {},
    ),
    (
        "odoo: an order's total beside its first line",
        f"""{ODOO}
T/1,2025-03-29 18:05,Burger,1,10.00,14.50,Paid
,,Soda,1,4.50,,
T/2,2025-03-30 10:10,Burger,2,24.00,24.00,Posted
T/3,2025-03-30 11:00,Soda,3,13.50,13.50,Cancelled""",
        (3, 4, 38.50, 2),
        {"void": 1},
    ),
    (
        "odoo: a cancelled order of three lines",
        f"""{ODOO}
T/1,2025-03-29 18:05,Burger,1,10.00,19.00,Cancelled
,,Soda,1,4.50,,
,,Pie,1,4.50,,
T/2,2025-03-30 10:10,Burger,2,24.00,24.00,Paid
,,Soda,1,4.50,,""",
        (2, 3, 28.50, 1),
        {"void": 3},
    ),
    (
        "odoo: technical names",
        """name,date_order,lines/product_id,lines/qty,lines/price_unit,lines/price_subtotal_incl,amount_total,state
S/1,2025-03-29 18:05:00,Burger,2,5.00,9.00,13.50,paid
,,Soda,1,4.50,4.50,,
S/2,2025-03-29 19:05:00,Soda,1,4.50,4.50,4.50,cancel""",
        (2, 3, 13.50, 1),
        {"void": 1},
    ),
    (
        "odoo: a discount in per cent beside the money of the line",
        """Order Ref,Date,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price,\
Order Lines/Discount (%),Order Lines/Subtotal,Total
S/1,2025-03-29 18:05,Burger,2,5.00,10,9.00,13.50
,,Soda,1,4.50,0,4.50,
S/2,2025-03-30 18:05,Soda,-1,4.50,0,-4.50,-4.50""",
        (3, 2, 9.00, 2),
        {},
    ),
    (
        "woocommerce: refunded and cancelled",
        """Order Number,Order Status,Order Date,Item #,Item Name,Quantity,Quantity (- Refund),Item Cost,\
Discount Amount,Order Total Amount
501,Completed,2024-03-01 12:00,1,Ham,2,2,4.00,1.00,10.00
501,Completed,2024-03-01 12:00,2,Pate,1,0,3.00,1.00,10.00
502,Cancelled,2024-03-01 13:00,1,Ham,1,1,7.00,0.00,7.00""",
        (1, 2, 8.00, 1),
        {"zero_quantity": 1, "void": 1},
    ),
    (
        "a prefix with a colon",
        """Order Number,Order Date,Order Status,Line Item: Name,Line Item: Quantity,Line Item: Price,Subtotal,Total
501,2024-03-01 12:00,completed,Latte,2,4.00,9.00,9.50
501,,,Muffin,1,1.00,,
502,2024-03-01 12:05,cancelled,Latte,1,4.00,4.00,4.30""",
        (2, 3, 9.00, 1),
        {"void": 1},
    ),
    (
        "a prefix with a point, and the total of the order on each line",
        """order_id;created_at;total;line_items.name;line_items.quantity;line_items.total
1;2024-03-01 12:00;11,00;Tea;2;6,00
1;2024-03-01 12:00;11,00;Cake;1;5,00
2;2024-03-01 12:10;3,00;Tea;1;3,00""",
        (3, 4, 14.00, 2),
        {},
    ),
    (
        "a German prefix, and the discount of the order",
        """Bestellnummer;Bestelldatum;Gesamtbetrag;Bestellposition Artikel;Bestellposition Menge;\
Bestellposition Einzelpreis;Rabatt
1;01.03.2024;10,00;Tee;2;3,00;1,00
;;;Kuchen;1;5,00;
2;02.03.2024;3,00;Tee;1;3,00;0,00""",
        (3, 4, 14.00, 2),
        {},
    ),
    (
        "a French prefix, and an order called by its reference",
        """Référence;Date;Lignes de commande/Produit;Lignes de commande/Quantité;Lignes de commande/Montant;Total
R1;01/03/2024;Thé;2;6,00;11,00
;;Gâteau;1;5,00;
R2;02/03/2024;Thé;1;3,00;3,00""",
        (3, 4, 14.00, 2),
        {},
    ),
    (
        "a Spanish prefix, and a name of the order that is no item",
        """Pedido,Fecha,Nombre,Líneas del pedido/Producto,Líneas del pedido/Cantidad,Líneas del pedido/Precio,Total
P1,2024-03-01,Ana Ejemplo,Té,2,3.00,11.00
P1,2024-03-01,Ana Ejemplo,Tarta,1,5.00,11.00
P2,2024-03-02,Bo Muestra,Té,1,3.00,3.00""",
        (3, 4, 14.00, 2),
        {},
    ),
    (
        "the first line of an order of few lost its day",
        """Order;Date;Line Item: Name;Line Item: Quantity;Line Item: Price;Total
1;01.03.2024;Tea;2;3,00;11,00
1;;Cake;1;5,00;
2;;Tea;1;3,00;8,00
2;;Cake;1;5,00;""",
        (2, 3, 11.00, 1),
        {"missing_date": 2},
    ),
    (
        "camel case",
        """orderNumber,orderDate,orderStatus,lineItemName,lineItemQuantity,lineItemPrice,orderTotal
1,2024-03-01,paid,Tea,2,3.00,11.00
1,,,Cake,1,5.00,
2,2024-03-02,void,Tea,1,3.00,3.00""",
        (2, 3, 11.00, 1),
        {"void": 1},
    ),
    (
        "an order's item and quantity",
        """Order,Date,Total,Order Item Name,Order Item Qty,Order Item Price
1,2024-03-01,11.00,Tea,2,3.00
1,2024-03-01,11.00,Cake,1,5.00
2,2024-03-02,3.00,Tea,1,3.00""",
        (3, 4, 14.00, 2),
        {},
    ),
    (
        "channel and guests on the first line",
        """Ticket,Date,Channel,Covers,Item,Quantity,Price
1,2024-03-01 12:00,Take away,2,Tea,2,3.00
1,,,,Cake,1,5.00
2,2024-03-01 12:30,Dine in,4,Tea,1,3.00
2,,,,Pie,1,4.00""",
        (4, 5, 18.00, 2),
        {},
    ),
    (
        "the first line of an order lost its day",
        """Ticket,Date,Item,Quantity,Price
1,2024-03-01,Tea,2,3.00
1,,Cake,1,5.00
2,2024-03-02,Tea,1,3.00
2,,Cake,1,5.00
3,2024-03-02,Tea,1,3.00
3,,Cake,1,5.00
4,2024-03-02,Tea,1,3.00
5,2024-03-02,Tea,1,3.00
6,2024-03-02,Tea,1,3.00
7,2024-03-02,Tea,1,3.00
8,2024-03-02,Tea,1,3.00
9,2024-03-02,Tea,1,3.00
10,2024-03-02,Tea,1,3.00
11,2024-03-02,Tea,1,3.00
12,2024-03-02,Tea,1,3.00
13,2024-03-02,Tea,1,3.00
14,2024-03-02,Tea,1,3.00
15,2024-03-02,Tea,1,3.00
16,2024-03-02,Tea,1,3.00
17,2024-03-02,Tea,1,3.00
18,2024-03-02,Tea,1,3.00
19,2024-03-02,Tea,1,3.00
20,2024-03-02,Tea,1,3.00
21,,Tea,9,3.00""",
        (23, 24, 78.00, 20),
        {"missing_date": 1},
    ),
    (
        "a refund that is marked on its own line only",
        """Ticket,Date,Type,Item,Quantity,Price
1,2024-03-01,Refund,Tea,1,3.00
1,2024-03-01,,Cake,1,5.00
2,2024-03-01,,Tea,1,3.00
3,2024-03-01,,Tea,1,3.00""",
        (4, 2, 8.00, 3),
        {},
    ),
    (
        "a line's own state differs from that of its order",
        """Ticket,Date,Type,Item,Quantity,Price
1,2024-03-01,Sale,Tea,1,3.00
1,2024-03-01,Void,Cake,1,5.00
1,2024-03-01,,Pie,1,4.00
2,2024-03-01,Sale,Tea,1,3.00""",
        (3, 3, 10.00, 2),
        {"void": 1},
    ),
]


def read(text: str) -> ParsedUpload:
    return read_upload(text.encode(), kind="sales", place=BERLIN)


@pytest.mark.parametrize(("text", "loaded", "reasons"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_each_line_has_its_own_money_and_the_state_of_its_order(text, loaded, reasons):
    parsed = read(text)
    rows = parsed.rows
    found = (len(rows), rows["quantity"].sum(), round(rows["line_amount"].sum(), 2), rows["ticket"].nunique())
    assert found == loaded
    assert parsed.reasons == reasons
    assert parsed.read_count == loaded[0] + sum(reasons.values())


def files(name: str) -> str:
    return next(row[1] for row in FILES if row[0] == name)


def test_columns_of_the_order_that_are_named_like_a_line_are_noted():
    notes = read(files("a German prefix, and the discount of the order")).detected_format["notes"]
    assert "So 'Gesamtbetrag', 'Rabatt' are about the whole order, and not used." in notes[0]


def test_what_is_filled_on_the_first_line_is_noted():
    notes = read(files("a prefix with a colon")).detected_format["notes"]
    assert (
        "The column 'Order Status' is filled on the first line of an order only, and taken for all of its lines."
        in notes
    )


def test_channel_and_guests_hold_for_the_order_and_not_for_the_next():
    rows = read(files("channel and guests on the first line")).rows
    assert rows["channel"].tolist() == ["takeaway", "takeaway", "dine_in", "dine_in"]
    assert rows["covers"].tolist() == [2, 2, 4, 4]


def test_a_discount_in_per_cent_is_no_money_and_is_pointed_out():
    parsed = read("Date,Item,Quantity,Price,Discount %\n2024-03-01,Tea,2,3.00,10\n2024-03-01,Pie,1,4.00,0")
    assert parsed.rows["line_amount"].tolist() == [6.0, 4.0]
    assert "'Discount %' is a discount in per cent and is not used" in parsed.detected_format["notes"][0]


def test_the_same_header_is_read_the_same_from_the_mapping_of_the_file_before():
    text = files("a prefix with a point, and the total of the order on each line")
    known = read(text).detected_format["columns"]
    assert read_upload(text.encode(), kind="sales", place=BERLIN, columns=known).rows["line_amount"].sum() == 14.0


def test_names_that_only_begin_like_a_line_mark_nothing():
    parsed = read("Date,Item,Quantity,Line Total,Line No\n2024-03-01,Tea,2,6.00,1\n2024-03-01,Pie,1,4.00,2")
    assert parsed.detected_format["columns"]["amount"] == "Line Total"
    with pytest.raises(PermanentError, match="could be the amount"):
        read("Date,Item,Quantity,Item Total,Total\n2024-03-01,Tea,2,6.00,10.00\n2024-03-01,Pie,1,4.00,10.00")
