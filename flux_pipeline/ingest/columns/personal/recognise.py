"""Columns that hold persons' data (guests, staff, cards): recognised by name and by content, so that none is kept.

A till's export brings them along; Flux needs none of it. Emptying them in a file that is kept is done in redaction.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from flux_pipeline.ingest.columns.header_names import header_words, normalised_name
from flux_pipeline.ingest.table.table import Table


def _names(text: str) -> frozenset[str]:
    return frozenset(normalised_name(name) for name in text.split(","))


# A header of these words alone is about a person: "Customer ID", "Order Employee Name". With any other word it may be
# something else: "Guest count", "Employee discount", "Customer group".
_PERSONS = _names(
    "customer,client,guest,host,hostess,patron,member,buyer,payer,cardholder,recipient,employee,server,cashier,waiter,waitress,"
    "bartender,barista,clerk,salesperson,seller,staff,operator,manager,user,username,driver,courier,loyalty,"
    "Kunde,Kundin,Kunden,Kundenname,Kundennummer,Kundennr,Gast,Gastname,Mitarbeiter,Mitarbeiterin,Mitarbeitername,"
    "Bediener,Bedienername,Bedienung,Kellner,Kellnerin,Kassierer,Kassiererin,Verkäufer,Verkäuferin,Personal,"
    "Personalnummer,Fahrer,Kundenkarte,client,cliente,clienti,invité,serveur,serveuse,caissier,caissière,employé,"
    "employée,vendeur,vendeuse,livreur,fidélité,huésped,empleado,empleada,camarero,camarera,mesero,mesera,cajero,"
    "cajera,vendedor,vendedora,repartidor,dipendente,cameriere,cameriera,cassiere,cassiera,operatore,addetto,venditore,"
    "klant,klantnaam,klantnummer,medewerker,bediende,ober,kassamedewerker,verkoper,funcionário,funcionária,garçom,"
    "empregado,atendente,operador,kunde,medarbejder,ekspedient,tjener,kund,anställd,kassör,servitör,klient,pracownik,"
    "kelner,kelnerka,kasjer,kasjerka,sprzedawca"
)
_BESIDE_PERSONS = _names(
    "in,innen,name,first,last,full,family,given,middle,surname,nickname,id,ids,number,no,nr,num,code,reference,ref,custom,order,"
    "payment,sale,sales,transaction,created,by,of,the,uuid,guid,key,card,account,internal,external,"
    "vorname,nachname,nummer,kennung,von,nom,prénom,numéro,du,de,la,le,le,par,nombre,apellido,apellidos,número,del,"
    "cognome,nome,numero,codice,código,naam,voornaam,achternaam,van,sobrenome,do,da,navn,namn,numer,imię,nazwisko"
)
# A header that ends so says who did it: "Kassiert durch", "Entered by". "Von" alone is where something begins.
_WHO = _names("by,von,durch,par,por,door,przez")
# In a column with any of these words in its name people write what they like, and of whom they like.
_FREE_TEXT = _names(
    "note,notes,comment,comments,remark,remarks,instruction,instructions,request,requests,memo,message,dietary,"
    "Bemerkung,Bemerkungen,Kommentar,Kommentare,Anmerkung,Anmerkungen,Notiz,Notizen,Hinweis,Hinweise,Wunsch,Wünsche,"
    "Nachricht,commentaire,commentaires,remarque,remarques,observation,observations,comentario,comentarios,"
    "observaciones,mensaje,commento,commenti,osservazioni,messaggio,opmerking,opmerkingen,notitie,notities,comentário,"
    "comentários,observação,observações,recado,bemærkning,bemærkninger,kommentarer,anmärkning,anmärkningar,uwaga,uwagi,"
    "komentarz,비고,메모,요청사항,備考,メモ,备注,備註"
)
# A header with any of these words is about how to reach a person, about a card or an identity document.
_REACHING = _names(
    "email,emails,phone,telephone,cellphone,address,addresses,Telefon,Telefonnummer,Handynummer,Mobilnummer,Emailadresse,"
    "Adresse,Anschrift,Lieferadresse,Rechnungsadresse,courriel,téléphone,teléfono,telefono,telefoon,telefoonnummer,"
    "telefone,correo,dirección,direccion,indirizzo,adres,endereço,adress,iban,birthday,birthdate,Geburtstag,"
    "Geburtsdatum,cpf,cnpj,nif,dni,ssn,bsn,pesel,personnummer,passport,passeport,pasaporte,Reisepass,Ausweis,"
    "cardholder,surname,lastname,firstname,Nachname,Vorname,prénom,apellido,apellidos,cognome,achternaam"
)
_WHOLE = _names(
    "mail,e-mail,e-mail address,e-mail-adresse,mobile,mobile number,mobile phone,cell,handy,portable,date of birth,dob,"
    "payment id,payment ids,payment reference,payment employee,card,card no,card number,card brand,card type,"
    "card last 4,card last four,last 4,last4,last four,last four digits,card suffix,pan suffix,masked pan,"
    "card fingerprint,card entry methods,credit card,credit card number,auth code,authorization code,tab name,"
    "check name,"
    "Kartennummer,Kartentyp,Kartenmarke,Kartenart,Bonuskarte,numéro de carte,carte de fidélité,número de tarjeta,"
    "tarjeta,numero carta,numero di carta,carta fedeltà,kaartnummer,klantenkaart,número do cartão,kortnummer,"
    "numer karty,member number,membership number,membership id,member id,rewards id,rewards number,signature,"
    "Unterschrift,servito da,battuto da,reserved for,reserviert für,delivery to,deliver to,ship to,ordered for,tax id,"
    "national id,id card,social security number,codice fiscale,Steuernummer,Steuer-ID,nie,nota,notas"
)

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[A-Za-z]{2,}")
_CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){13,18}(?![0-9])")
_CPF = re.compile(r"(?<![0-9])[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}(?![0-9])")
_MASKED_CARD = re.compile(r"(?:[*xX\u2022#][ -]?){4,}[0-9]{4}")
# Always with a sign that a price, a date and an order's number don't have.
_PHONE = re.compile(
    r"(?<![\w.,/+-])(?:(?:\+[1-9][0-9]{0,2}[ ./-]?|00[1-9][0-9]{0,2}[ ./-])(?:\(0?\)[ ]?)?[0-9](?:[ ./-]?[0-9]){5,11}"
    r"|\([0-9]{3}\) ?[0-9]{3}[ -][0-9]{4}|[2-9][0-9]{2}-[0-9]{3}-[0-9]{4}|0[0-9]{2,4}[ /][0-9](?:[ -]?[0-9]){4,9}"
    r"|0[1-9](?:[ .][0-9]{2}){4})(?![\w-])"
)

_WORDS = re.compile(r"[^\W\d_]{3}")

# One address in a column of notes is one too many; numbers may look like a card's or a telephone's by chance.
_MOST_BY_CHANCE = 0.5


def is_personal_name(header: str) -> bool:
    """Whether a column of this name holds persons' data."""
    words = [word for word in header_words(header) if not word.isdigit()]
    if normalised_name(header) in _WHOLE:
        return True
    if any(word in _REACHING or word in _FREE_TEXT for word in words) or {"e", "mail"} <= {*words}:
        return True
    if len(words) > 1 and words[-1] in _WHO:
        return True
    return any(word in _PERSONS for word in words) and all(word in _PERSONS | _BESIDE_PERSONS for word in words)


def holds_personal_data(cells: Sequence[str]) -> bool:
    """Whether a column with these texts holds persons' data: an e-mail address, a person's tax number or a telephone
    among words, or mostly cards or telephones."""
    if any(_tells_by_itself(cell) for cell in cells):
        return True
    found = sum(bool(_has_card(cell) or _MASKED_CARD.search(cell) or _PHONE.fullmatch(cell)) for cell in cells)
    return found > _MOST_BY_CHANCE * len(cells)


def without_personal_text(cell: str) -> str:
    """A cell as it may be kept: empty where it holds an e-mail address, a card's number, a telephone's among words."""
    return "" if _tells_by_itself(cell) or _has_card(cell) or _MASKED_CARD.search(cell) else cell


def _tells_by_itself(cell: str) -> bool:
    # Most cells are short or hold no figure at all.
    if _EMAIL.search(cell) or _CPF.search(cell):
        return True
    return bool(_WORDS.search(cell) and _PHONE.search(cell))


def count_personal(blocks: Iterable[Table], personal: Sequence[str], counts: dict[str, int]) -> Iterator[Table]:
    """The same blocks, while the filled cells of the `personal` columns are added to `counts`, by header."""
    for block in blocks:
        for name in personal:
            counts[name] = counts.get(name, 0) + int((~block.texts(name).blank).sum())
        yield block


def find_personal(header: Iterable[str], sample: Table | None) -> tuple[str, ...]:
    """Which of these columns hold persons' data, by name or by what the first rows hold."""
    return tuple(name for name in header if is_personal_name(name) or holds_personal_data(_first_cells(sample, name)))


def _first_cells(sample: Table | None, name: str) -> list[str]:
    return [] if sample is None else [text for text in sample.texts(name).distinct[:1_000] if text]


def _has_card(cell: str) -> bool:
    for found in _CARD.finditer(cell):
        digits = [int(digit) for digit in found[0] if digit.isdigit()]
        doubled = [digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in _from_the_end(digits)]
        if sum(doubled) % 10 == 0 and any(digits):
            return True
    return False


def _from_the_end(digits: Sequence[int]) -> list[tuple[int, int]]:
    # The last digit, the check digit, isn't doubled.
    return [(place + 1, digit) for place, digit in enumerate(reversed(digits))]
