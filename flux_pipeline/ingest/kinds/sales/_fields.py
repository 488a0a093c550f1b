"""The fields of a sales file and the words by which tills and spreadsheets call them. What they mean: sales.py.

English, German, French, Spanish, Italian, Dutch, Portuguese, Danish, Swedish and Polish; for those of East Asia see
sales_words.py. No two fields share a word but date and time, whose column may be one; case, accents and signs are of no
account (header_names.py).
"""

from __future__ import annotations

from dataclasses import replace

from flux_pipeline.ingest.cells.forms import FLAG, MOMENT, MONEY, NUMBER
from flux_pipeline.ingest.contracts import Field, words
from flux_pipeline.ingest.kinds.sales._words import EAST_ASIAN, PLACES

_FIELDS = (
    Field(
        "date",
        "the day of the sale, alone or with the time",
        "2024-03-01",
        MOMENT,
        synonyms=words(
            "business date, order date, sale date, sales date, transaction date, calendar date, date of sale, "
            "receipt date, bill date, invoice date, closed date, line item date, creation date, business day, "
            "sale day, day, datetime, date and time, timestamp, order datetime, sold at, sold on, created at, "
            "closed at, Datum, Tag, Verkaufsdatum, Verkaufstag, Bestelldatum, Belegdatum, Rechnungsdatum, "
            "Buchungsdatum, Geschäftstag, Bondatum, Datum/Uhrzeit, Datum und Uhrzeit, Zeitstempel, jour, date de "
            "vente, date vente, date commande, date de commande, date du ticket, date et heure, horodatage, "
            "journée, fecha, día, fecha de venta, fecha venta, fecha del pedido, fecha y hora, fecha hora, data, "
            "giorno, data vendita, data ordine, data e ora, data scontrino, dato, dag, verkoopdatum, "
            "besteldatum, datum en tijd, data da venda, data venda, data do pedido, data e hora, data/hora, "
            "salgsdato, bestillingsdato, dato og tid, försäljningsdatum, orderdatum, datum och tid, data "
            "sprzedaży, data zamówienia, dzień"
        ),
    ),
    Field(
        "day_of_month",
        "the day's number, where day and month stand apart",
        "1",
        NUMBER,
        synonyms=words(
            "day number, Tag des Monats, jour du mois, día del mes, giorno del mese, dag van de maand, dia do mês"
        ),
    ),
    Field(
        "month",
        "the month by number or name, where it stands apart",
        "3",
        synonyms=words("sale month, month number, month name, Monat, mois, mes, mese, maand, måned, månad, miesiąc"),
    ),
    Field(
        "year",
        "the year, where it stands apart",
        "2024",
        NUMBER,
        synonyms=words("sale year, Jahr, année, année de vente, año, anno, jaar, år, rok"),
    ),
    Field(
        "time",
        "the local time of the sale",
        "12:45",
        MOMENT,
        synonyms=words(
            "order time, sale time, transaction time, time of day, time of sale, sent date, hour, closed time, "
            "datetime, timestamp, Uhrzeit, Zeit, Verkaufszeit, Bestellzeit, Belegzeit, Stunde, heure, heure de "
            "vente, heure de commande, hora, hora de venta, hora del pedido, ora, orario, ora vendita, tijd, "
            "tijdstip, verkooptijd, uur, horário, hora da venda, tid, tidspunkt, klokkeslæt, klockslag, godzina, "
            "czas"
        ),
    ),
    Field(
        "ticket",
        "the number of the ticket or order",
        "1042",
        synonyms=words(
            "ticket number, ticket id, ticket no, transaction, transaction id, transaction number, transaction "
            "no, order, order id, order number, order no, receipt, receipt number, receipt id, receipt no, "
            "check, check id, check number, bill, bill number, bill no, bill id, invoice, invoice number, "
            "invoice no, sale id, basket id, Bon, Bonnummer, Bon-Nr, Belegnummer, Beleg, Beleg-Nr, "
            "Rechnungsnummer, Rechnung, Rechnungs-Nr, Kassenbon, Bestellnummer, Bestellung, Transaktion, "
            "Vorgangsnummer, Transaktionsnummer, numéro ticket, numéro de ticket, n° ticket, no ticket, facture, "
            "numéro de facture, n° facture, commande, numéro de commande, n° commande, addition, numéro de reçu, "
            "pedido, número de pedido, factura, número de factura, comanda, número de recibo, recibo, cuenta, "
            "scontrino, numero scontrino, ordine, numero ordine, ricevuta, numero ricevuta, conto, kassabon, "
            "ordernummer, bestelling, rekening, factuurnummer, transactienummer, número do pedido, fatura, "
            "conta, número da conta, ordre, ordrenummer, kvittering, kvitteringsnummer, kvitto, kvittonummer, "
            "nota, notanummer, paragon, numer paragonu, zamówienie, numer zamówienia, rachunek, numer rachunku, "
            "nº pedido, n° pedido, nº de pedido, nº do pedido, num pedido, nº ticket, nº factura, nº comanda"
        ),
    ),
    Field(
        "line_id",
        "the number of the line on its ticket, where the till gives one",
        "1",
        synonyms=words(
            "line number, line, line no, item selection id, line item id, order item id, order line id, row id, "
            "Position, Positionsnummer, Pos, Pos-Nr, Zeile, Zeilennummer, ligne, numéro de ligne, n° ligne, "
            "línea, número de línea, riga, numero riga, regel, regelnummer, linha, linje, linjenummer, rad, "
            "radnummer, pozycja, numer pozycji"
        ),
    ),
    Field(
        "item",
        "the name of what was sold",
        "Croissant",
        synonyms=words(
            "item name, item sold, items, product, product name, products, product title, article, article name, "
            "menu item, menu item name, menu name, dish, dish name, name, description, item description, product "
            "description, Artikel, Artikelname, Artikelbezeichnung, Artikeltext, Bezeichnung, Beschreibung, "
            "Produkt, Produktname, Produktbezeichnung, Gericht, Speise, Name des Artikels, produit, nom du "
            "produit, nom produit, désignation, libellé, libellé article, nom de l'article, nom article, plat, "
            "nom du plat, producto, nombre del producto, nombre producto, artículo, nombre del artículo, "
            "descripción, plato, prodotto, nome prodotto, articolo, nome articolo, descrizione, piatto, "
            "artikelnaam, productnaam, omschrijving, gerecht, produto, nome do produto, artigo, descrição, "
            "prato, vare, varenavn, produktnavn, ret, vara, varunamn, artikelnamn, produktnamn, benämning, rätt, "
            "nazwa, nazwa produktu, danie, nazwa dania, towar, nazwa towaru"
        ),
        is_label=True,
    ),
    Field(
        "quantity",
        "how many were sold; negative for a refund",
        "2",
        NUMBER,
        synonyms=words(
            "qty, quantity sold, qty sold, sold quantity, units, units sold, unit count, count, item count, "
            "items sold, item qty, item quantity, number sold, no of items, pieces, portions, Menge, "
            "Verkaufsmenge, Anzahl, Anz, Stück, Stückzahl, Stk, verkaufte Menge, verkaufte Stück, Portionen, "
            "quantité, qté, qte vendue, quantité vendue, nombre, nb, nombre vendu, cantidad, cant, unidades, "
            "uds, cantidad vendida, unidades vendidas, quantità, qtà, quantità venduta, pezzi, aantal, aantal "
            "verkocht, hoeveelheid, stuks, verkocht aantal, antal, antal solgt, sålt antal, styk, mængde, "
            "quantidade, qtd, qtde, quantidade vendida, ilość, sprzedana ilość, liczba sztuk, szt"
        ),
    ),
    Field(
        "price",
        "the price of one",
        "1.20",
        MONEY,
        synonyms=words(
            "unit price, item price, product price, price each, price per unit, each, selling price, sale price, "
            "list price, menu price, Preis, Einzelpreis, Stückpreis, Verkaufspreis, VK-Preis, VK, E-Preis, prix, "
            "prix unitaire, prix de vente, PU, prix unité, prix unitaire TTC, precio, precio unitario, precio "
            "por unidad, precio de venta, PVP, prezzo, prezzo unitario, prezzo di vendita, prijs, stukprijs, "
            "prijs per stuk, eenheidsprijs, verkoopprijs, pris, stykpris, enhedspris, styckpris, à-pris, pris "
            "per styck, preço, preço unitário, preço de venda, cena, cena jednostkowa, cena za sztukę, rate, unit "
            "rate, PU TTC, PU HT, prix unitaire HT, valor unitário, valor unit, vlr unitário, vlr unit, precio ud"
        ),
    ),
    Field(
        "amount",
        "what the line came to after discounts, as the till has it",
        "2.40",
        MONEY,
        synonyms=words(
            "line amount, line total, line price, item total, net sales, net price, net amount, net revenue, net "
            "total, revenue, sales, sales amount, sale amount, total, total price, total sales, total amount, "
            "extended price, subtotal, turnover, Umsatz, Nettoumsatz, Betrag, Nettobetrag, Netto, Gesamtpreis, "
            "Gesamtbetrag, Gesamt, Summe, Zeilensumme, Positionssumme, Erlös, montant, montant total, montant "
            "net, montant TTC, chiffre d'affaires, CA, CA net, CA TTC, total TTC, total ligne, prix total, "
            "importe, importe total, importe neto, ingresos, ventas, ventas netas, total línea, precio total, "
            "importo, importo totale, totale, totale riga, incasso, ricavo, ricavi, fatturato, vendite, prezzo "
            "totale, bedrag, totaalbedrag, totaal, totaalprijs, omzet, netto omzet, valor, valor total, total "
            "líquido, receita, faturamento, faturação, preço total, beløb, omsætning, total pris, belopp, "
            "omsättning, summa, totalt, kwota, wartość, suma, obrót, sprzedaż, G-Preis, Ges-Preis, vlr total"
        ),
    ),
    Field(
        "gross_amount",
        "what the line came to before discounts",
        "2.40",
        MONEY,
        synonyms=words(
            "gross sales, product sales, gross price, gross, gross revenue, gross total, amount before discount, "
            "total before discount, Brutto, Bruttobetrag, Bruttoumsatz, Bruttopreis, Umsatz brutto, brut, "
            "montant brut, CA brut, total brut, bruto, importe bruto, ventas brutas, lordo, importo lordo, "
            "vendite lorde, brutobedrag, bruto omzet, valor bruto, total bruto, receita bruta, bruttobeløb, "
            "bruttoomsætning, bruttobelopp, bruttoomsättning, kwota brutto, wartość brutto"
        ),
    ),
    Field(
        "discount",
        "what was taken off the line; its sign is of no account",
        "0.40",
        MONEY,
        synonyms=words(
            "discounts, discount amount, total discount, item discount, line discount, reduction, Rabatt, "
            "Rabatte, Rabattbetrag, Nachlass, Preisnachlass, Ermäßigung, remise, remises, montant remise, "
            "montant de la remise, descuento, descuentos, importe descuento, sconto, sconti, importo sconto, "
            "korting, kortingen, kortingsbedrag, desconto, descontos, valor do desconto, rabat, rabatbeløb, "
            "rabattbelopp, zniżka, kwota rabatu"
        ),
    ),
    Field(
        "tax",
        "the tax in or on the line; read and not used",
        "0.15",
        MONEY,
        synonyms=words(
            "vat, sales tax, tax amount, total tax, taxes, vat amount, gst, hst, MwSt, MwSt-Betrag, USt, "
            "Umsatzsteuer, Mehrwertsteuer, Steuer, Steuerbetrag, TVA, montant TVA, taxe, IVA, importe IVA, "
            "impuesto, impuestos, importo IVA, imposta, BTW, BTW-bedrag, belasting, imposto, impostos, valor do "
            "IVA, moms, momsbeløb, momsbelopp, kwota VAT, podatek"
        ),
    ),
    Field(
        "category",
        "the group of the item",
        "Pastry",
        synonyms=words(
            "item category, product category, category name, menu group, menu category, sales category, product "
            "group, product type, item group, family, group, department, course, Warengruppe, Kategorie, "
            "Artikelgruppe, Produktgruppe, Hauptgruppe, Gruppe, Sparte, catégorie, famille, rayon, groupe, "
            "rubrique, sous-famille, categoría, familia, grupo, departamento, gruppo, reparto, famiglia, "
            "productgroep, groep, artikelgroep, afdeling, kategori, varegruppe, varugrupp, kategoria, grupa, "
            "grupa towarowa"
        ),
        is_label=True,
    ),
    Field(
        "channel",
        "dine in, takeaway or delivery",
        "takeaway",
        synonyms=words(
            "dining option, order type, service type, sales channel, order channel, order source, consumption, "
            "eat in or takeaway, Kanal, Vertriebskanal, Verkaufskanal, Bestellart, Verzehrart, Außer Haus, "
            "canal, canal de vente, mode de consommation, type de commande, sur place ou à emporter, canal de "
            "venta, tipo de pedido, tipo de servicio, canale, canale di vendita, tipo ordine, tipo di servizio, "
            "kanaal, verkoopkanaal, besteltype, canal de venda, tipo de serviço, salgskanal, försäljningskanal, "
            "kanał, kanał sprzedaży, typ zamówienia"
        ),
    ),
    Field(
        "covers",
        "how many guests sat at the ticket's table",
        "2",
        NUMBER,
        synonyms=words(
            "guests, guest count, number of guests, no of guests, party size, pax, persons, people, head count, "
            "Gäste, Anzahl Gäste, Personen, Personenzahl, Gästezahl, Gedecke, couverts, nombre de couverts, nb "
            "couverts, convives, cubiertos, comensales, número de comensales, coperti, numero coperti, ospiti, "
            "couvert, gasten, aantal gasten, aantal personen, comensais, número de pessoas, pessoas, gæster, "
            "antal gæster, kuverter, gäster, antal gäster, kuvert, goście, liczba gości, liczba osób"
        ),
    ),
    Field(
        "event",
        "what the line is: a sale, a refund, a void or a comp",
        "sale",
        synonyms=words(
            "event type, transaction type, line type, sale type, record type, type, Vorgang, Vorgangsart, "
            "Belegart, Buchungsart, Transaktionsart, type de vente, type de transaction, type d'opération, "
            "opération, tipo de operación, tipo de transacción, operación, tipo operazione, tipo di transazione, "
            "operazione, transactietype, soort transactie, tipo de transação, operação, transaktionstype, "
            "transaktionstyp, typ transakcji"
        ),
    ),
    Field(
        "void",
        "yes where the line was cancelled",
        "no",
        FLAG,
        synonyms=words(
            "voided, is void, is voided, cancelled, canceled, is cancelled, is canceled, storniert, Storno, "
            "annulé, annulée, annulation, anulado, anulada, anulación, annullato, stornato, geannuleerd, "
            "annulering, cancelado, annulleret, annullerad, makulerad, anulowano, anulowane"
        ),
    ),
    Field(
        "refund",
        "yes where the line was paid back",
        "no",
        FLAG,
        synonyms=words(
            "refunded, is refund, is refunded, returned, return, is return, Rückgabe, Retoure, Erstattung, "
            "erstattet, Gutschrift, remboursé, remboursement, remboursée, retour, reembolso, reembolsado, "
            "devolución, devuelto, rimborso, rimborsato, reso, terugbetaald, terugbetaling, devolvido, "
            "devolução, refunderet, returnering, återbetald, återbetalning, retur, zwrot, zwrócono"
        ),
    ),
    Field(
        "modifiers",
        "what was changed about the item",
        "no sugar",
        synonyms=words(
            "modifiers applied, modifier, item modifiers, modifications, options, extras, add-ons, Optionen, "
            "Extra, Zusätze, Beilagen, Änderungen, suppléments, supplément, modificateurs, modificadores, "
            "modificador, suplementos, opciones, modificatori, varianti, supplementi, aggiunte, opties, "
            "toevoegingen, toeslagen, opções, adicionais, tilvalg, tillbehör, tillval, dodatki, modyfikatory"
        ),
    ),
    Field("location", "the restaurant, where a file may be of several", "Main Street", synonyms=PLACES, is_place=True),
)

SALES_FIELDS = tuple(replace(each, synonyms=(*each.synonyms, *EAST_ASIAN.get(each.name, ()))) for each in _FIELDS)
