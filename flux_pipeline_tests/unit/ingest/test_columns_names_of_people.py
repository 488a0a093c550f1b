"""Columns that are about people: known by their headers in ten languages, and by what they hold."""

import pytest

from flux_pipeline.ingest.columns.personal.recognise import holds_personal_data, is_personal_name


@pytest.mark.parametrize(
    "name",
    [
        *("Customer Name", "customer_id", "CustomerReferenceID", "Guest", "Client name", "E-Mail", "email address"),
        *("Phone", "Phone number", "Delivery Address", "Card Number", "Card Brand", "PAN Suffix", "last 4", "Server"),
        *("Employee", "Order Employee Custom ID", "Cashier", "Waiter name", "Payment ID", "Loyalty ID", "Tab Name"),
        *("Kunde", "Kundennummer", "Kellner", "Mitarbeiter-Nr.", "Bediener", "Telefonnummer", "Nom du client"),
        *("Serveur", "Caissière", "Camarero", "Teléfono", "Nome cliente", "Cameriere", "Medewerker", "Klantnaam"),
        *("Funcionário", "Kund", "Kelner", "Kartennummer", "Host", "Bediener/in", "Kassiert durch", "Bestellt von"),
        *("Entered by", "Encaissé par", "Notes", "Order comment", "Special Instructions", "Bemerkung", "Uwagi"),
        *("Delivery to", "Reserved for", "CPF", "CPF/CNPJ", "NIF", "DNI del cliente", "備考"),
    ],
)
def test_a_persons_column_is_known_by_its_name(name):
    assert is_personal_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Guests", "Guest count", "Customers", "Customer count", "Employee discount", "Staff meal", "Item", "Name"),
        *("Order Number", "Transaction ID", "Payment Type", "Device Name", "Card amount", "Customer group", "Table"),
        *(
            "von",
            "From",
            "By",
            "Denoted",
            "Paid with",
            "Mobile order",
            "Date",
            "Category",
            "Location",
            "Gäste",
            "Numéro de ticket",
            "Code",
            "Created At",
            "Pan",
        ),
    ],
)
def test_other_columns_are_not_taken_for_personal_data(name):
    assert not is_personal_name(name)


@pytest.mark.parametrize(
    ("cells", "personal"),
    [
        (["", "for ada@example.com", "no onions"], True),
        (["", "call 212-555-0142", "no onions"], True),
        (["no onions", "Tel. 030 1234567"], True),
        (["no onions", "mobile: 06 12 34 56 78"], True),
        (["1", "123.456.789-01"], True),
        (["Order 2024-03-01", "Fri 01.03.2024 12:30", "Box 0012345678"], False),
        (["4111 1111 1111 1111", "5500-0000-0000-0004"], True),
        (["**** **** **** 1234", "XXXXXXXXXXXX9876"], True),
        (["+49 170 1234567", "+33 6 12 34 56 78"], True),
        (["(212) 555-0142", "212-555-0143"], True),
        (["2024-03-01", "01.03.2024", "01/03/2024"], False),
        (["4006381333931", "5901234123457"], False),  # barcodes
        (["1234567890", "1234567891"], False),
        (["12.50", "1.250,00", "0.5"], False),
        (["no onions", "2 forks @ table"], False),
        ([], False),
    ],
)
def test_personal_data_is_recognised_by_content(cells, personal):
    assert holds_personal_data(cells) is personal


@pytest.mark.parametrize(
    "name",
    [
        *("Billing Name", "Billing Street", "Billing Zip", "Card Holder", "Reservation Name", "Sales Rep"),
        *("Team Member", "Delivery Boy", "Customer contacts", "Rider", "Order Taker", "Captain", "Assigned Agent"),
        *("Shift Supervisor", "Shipping Name", "Shipping Address1", "Delivery Postcode", "Account Holder", "WhatsApp"),
        *("Latitude", "Date of Birth", "Vehicle Number", "Gift message", "Feedback", "Allergies", "IP address"),
        *("Rechnungsempfänger", "Lieferanschrift", "Kundenstraße", "Hausnummer", "PLZ", "Schichtleiter", "Fahrerin"),
        *("Reserviert auf", "Kontoinhaber", "Nom du porteur", "Nom de facturation", "Livreur", "Équipier", "Rue"),
        *("Nombre de la reserva", "Mesero", "Repartidor", "Titular", "Código postal", "Fattorino", "Intestatario"),
        *("Nome prenotazione", "Bezorger", "Ontvanger", "Straatnaam", "Bezorgadres", "Entregador", "Motoboy"),
        *("Nome completo", "Morada", "Odbiorca", "Kod pocztowy", "Imię i nazwisko", "Mottagare", "Gatuadress"),
        *(
            "Medarbetare",
            "Modtager",
            "Postnummer",
            "Ekspedient",
            "担当者",
            "氏名",
            "담당자",
            "주문자명",
            "收货人",
            "手机号",
        ),
    ],
)
def test_a_header_of_people_is_known_in_ten_languages(name: str) -> None:
    assert is_personal_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Status",
            "Payment Type",
            "Dining Option",
            "Store",
            "Terminal",
            "Table",
            "Table Name",
            "Delivery",
            "Shipping",
        ),
        *(
            "Delivery Fee",
            "Billing Amount",
            "Service",
            "Shift",
            "Team",
            "Order Type",
            "Register",
            "Sekunden",
            "Sekunde",
        ),
        *(
            "September",
            "Zahlungsart",
            "Filiale",
            "Tisch",
            "Kasse",
            "Mode de paiement",
            "Salle",
            "Forma de pago",
            "Mesa",
        ),
        *("Tavolo", "Betaalwijze", "Forma de pagamento", "Forma płatności", "Bord", "Betalingsmetode", "Nom", "Nombre"),
        *("Product Name", "Item Type", "Modifier", "Menu", "Order Source", "Currency", "Device", "Commission"),
    ],
)
def test_a_header_of_things_is_not_taken_for_people(name: str) -> None:
    assert not is_personal_name(name)
