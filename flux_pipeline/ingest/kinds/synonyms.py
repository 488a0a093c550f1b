"""What spreadsheets call the columns that several kinds have. A word that only one kind knows stands with its field.

English, German, French, Spanish, Italian, Dutch and Portuguese; case, accents and signs don't matter (mapping.py).
"""

from flux_pipeline.ingest.contracts import words

ITEM = words(
    "menu item, item name, dish, product, product name, article, Artikel, Artikelname, Bezeichnung, Gericht, Speise, "
    "Produkt, plat, produit, désignation, libellé, plato, producto, artículo, piatto, prodotto, articolo, gerecht, "
    "prato, produto, artigo"
)
INGREDIENT = words(
    "ingredient name, raw material, Zutat, Zutatenname, Rohstoff, Rohware, ingrédient, matière première, ingrediente, "
    "materia prima, ingrediënt, grondstof"
)
# Where nothing but ingredients can be meant, these words mean them too.
GOODS = words(
    "name, item, item name, article, article name, product, product name, goods, description, Artikel, "
    "Artikelbezeichnung, Bezeichnung, Ware, Produkt, produit, désignation, libellé, artículo, producto, articolo, "
    "prodotto, artigo, produto"
)
QUANTITY = words(
    "qty, Menge, Anzahl, quantité, qté, cantidad, cant, quantità, qta, hoeveelheid, aantal, quantidade, qtd, qtde"
)
UNIT = words(
    "unit of measure, units, uom, measure, Einheit, Mengeneinheit, ME, unité, unité de mesure, unidad, "
    "unidad de medida, unità, unità di misura, um, eenheid, unidade, unidade de medida"
)
CATEGORY = words(
    "group, product group, section, Kategorie, Warengruppe, Gruppe, catégorie, famille, rubrique, categoría, grupo, "
    "gruppo, reparto, categorie, groep"
)
SKU = words(
    "article number, item number, item code, product code, PLU, Artikelnummer, Art.-Nr., référence, réf, "
    "code article, código, código de artículo, código de producto, codice, codice articolo, artikelcode, "
    "código do produto"
)
IS_ACTIVE = words("active, enabled, status, aktiv, actif, activo, attivo, actief, ativo, estado, statut, stato")
UNIT_COST = words(
    "cost, cost per unit, unit price, price, price per unit, purchase price, cost price, Einkaufspreis, EK, EK-Preis, "
    "Preis, Einzelpreis, Stückpreis, Stückkosten, coût, coût unitaire, prix, prix d'achat, prix unitaire, coste, "
    "coste unitario, precio, precio unitario, precio de compra, costo, costo unitario, prezzo, prezzo unitario, "
    "prezzo di acquisto, kostprijs, inkoopprijs, prijs, custo, custo unitário, preço, preço unitário, preço de compra"
)
VENDOR = words(
    "vendor name, supplier, supplier name, Lieferant, Lieferantenname, Händler, fournisseur, proveedor, fornitore, "
    "leverancier, fornecedor"
)
LOT = words(
    "lot number, lot no, batch, batch number, batch no, Charge, Chargennummer, Los, Losnummer, numéro de lot, lote, "
    "número de lote, lotto, numero lotto, partij, partijnummer"
)
EXPIRES_ON = words(
    "expires, expiry, expiry date, expiration, expiration date, best before, best before date, use by, use by date, "
    "Ablaufdatum, Verfallsdatum, MHD, Mindesthaltbarkeitsdatum, haltbar bis, date de péremption, péremption, DLC, "
    "DLUO, DDM, caducidad, fecha de caducidad, vencimiento, fecha de vencimiento, scadenza, data di scadenza, THT, "
    "houdbaarheidsdatum, houdbaar tot, validade, data de validade"
)
DATE = words("date, day, Datum, Tag, jour, fecha, día, data, giorno, dag")
KNOWN_AT = words(
    "known since, announced at, announced, published, bekannt seit, angekündigt am, connu depuis, annoncé le, "
    "conocido desde, anunciado, noto dal, annunciato, bekend sinds, aangekondigd, conhecido desde"
)
EMPLOYEE = words(
    "employee name, staff, staff member, team member, full name, worker, Mitarbeiter, Mitarbeiterin, Mitarbeitername, "
    "Angestellter, Personal, employé, salarié, nom, nom complet, empleado, trabajador, nombre, nombre completo, "
    "dipendente, nominativo, nome, medewerker, werknemer, naam, funcionário, colaborador, nome completo"
)
START = words(
    "start, from, begin, start at, von, Beginn, Anfang, début, heure de début, de, desde, inicio, hora de inicio, da, "
    "dalle, inizio, ora inizio, van, begintijd, início, das"
)
END = words(
    "end, to, until, finish, end at, bis, Ende, fin, heure de fin, à, hasta, hora de fin, alle, fine, ora fine, tot, "
    "eindtijd, fim, até"
)
WEEKDAY = words(
    "day, weekday, week day, Wochentag, Tag, jour, jour de la semaine, día, día de la semana, giorno, "
    "giorno della settimana, dag, dag van de week, weekdag, dia da semana"
)
STARTS_ON = words(
    "start, start date, starts, from, first day, date, von, Beginn, Start, Startdatum, gültig von, début, "
    "date de début, du, inicio, fecha de inicio, desde, inizio, data inizio, dal, startdatum, van, data de início"
)
ENDS_ON = words(
    "end, end date, ends, to, until, last day, bis, Ende, Enddatum, gültig bis, fin, date de fin, au, "
    "fecha de fin, hasta, fine, data fine, al, einddatum, tot, fim, data de fim"
)
