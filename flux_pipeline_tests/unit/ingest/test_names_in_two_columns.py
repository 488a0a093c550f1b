"""Lists of staff whose names are in several columns, as schedulers and payroll programs export them."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline_tests.unit.ingest.reading import read_upload

LISTS = {
    "first_and_last": ("First Name,Last Name,Email,Position\nAda,Kok,ada@example.com,Bar\n", ["Ada Kok"]),
    "last_comes_first": ("Last Name,First Name,Title\nKok,Ada,Bar\n", ["Ada Kok"]),
    "snake_case": ("id,first_name,last_name,email,role\n7,Ada,Kok,ada@example.com,Bar\n", ["Ada Kok"]),
    "camel_case": ("firstName,lastName,jobTitle\nAda,Kok,Bar\n", ["Ada Kok"]),
    "German": ("Personalnummer;Nachname;Vorname;Abteilung\n12;Kok;Ada;Bar\n", ["Ada Kok"]),
    "German_name_means_the_surname": ("Name;Vorname;Funktion\nKok;Ada;Bar\n", ["Ada Kok"]),
    "French": ("Pr\u00e9nom;Nom;Poste\nAda;Kok;Bar\n", ["Ada Kok"]),
    "French_with_the_whole": (
        "Civilit\u00e9;Pr\u00e9nom;Nom;Nom complet;Fonction\nMme;Ada;Kok;Ada KOK;Bar\n",
        ["Ada KOK"],
    ),
    "Spanish": ("Nombre,Apellidos,Puesto\nAda,Kok Vega,Bar\n", ["Ada Kok Vega"]),
    "Spanish_with_two_surnames": (
        "Nombres;Apellido paterno;Apellido materno;Cargo\nAda;Kok;Vega;Bar\nBen;Reis;;Bar\n",
        ["Ada Kok Vega", "Ben Reis"],
    ),
    "Italian": ("Nome;Cognome;Ruolo\nAda;Kok;Bar\n", ["Ada Kok"]),
    "Dutch_with_an_infix": (
        "Voornaam;Tussenvoegsel;Achternaam;Functie\nAda;de;Kok;Bar\nBen;;Reis;Bar\n",
        ["Ada de Kok", "Ben Reis"],
    ),
    "Portuguese": ("Nome;Sobrenome;Fun\u00e7\u00e3o\nAda;Kok;Bar\n", ["Ada Kok"]),
    "whole_beside_the_parts": (
        "name,first_name,last_name,designation\nAda Kok,Ada,Kok,Bar\nBen Reis,,,Bar\n",
        ["Ada Kok", "Ben Reis"],
    ),
    "whole_in_another_order": ('Employee Name,First Name,Last Name,Role\n"Kok, Ada",Ada,Kok,Bar\n', ["Kok, Ada"]),
    "nickname_beside_the_parts": (
        "Name,First Name,Last Name,Role\nAdi,Ada,Kok,Bar\nBen,Ben,Reis,Bar\n",
        ["Ada Kok", "Ben Reis"],
    ),
    "number_beside_the_parts": (
        "Employee,First Name,Last Name,Role\n101,Ada,Kok,Bar\n102,Ben,Reis,Bar\n",
        ["Ada Kok", "Ben Reis"],
    ),
    "one_part_missing": ("First Name,Last Name,Role\nAda,,Bar\n,Reis,Bar\n", ["Ada", "Reis"]),
    "first_name_of_two_words": ("First Name,Last Name,Role\nAda  Maria,Kok,Bar\n", ["Ada Maria Kok"]),
    "department_beside_the_job": ("First Name,Last Name,Department,Job Title\nAda,Kok,FOH,Bar\n", ["Ada Kok"]),
}


@pytest.mark.parametrize("defect", LISTS)
def test_a_name_in_several_columns_is_one_name(defect):
    text, names = LISTS[defect]
    parsed = read_upload(text.encode(), kind="employees")
    assert parsed.rows.name.tolist() == names
    assert parsed.rows.role.tolist() == ["Bar"] * len(names)
    assert (parsed.read_count, parsed.skipped_count, parsed.rejected_count) == (len(names), 0, 0)


def test_a_row_without_any_part_has_no_name():
    parsed = read_upload(b"First Name,Last Name,Role\nAda,Kok,Bar\n,,Bar\n", kind="employees")
    assert parsed.reasons == {"missing_name": 1}


@pytest.mark.parametrize(
    "header", ["First Name,Role", "Last Name,Role", "First Name,First,Last Name,Role", "Surname,Last Name,Vorname,Role"]
)
def test_a_name_that_is_not_whole_is_asked_for(header):
    row = ",".join(["Ada"] * (header.count(",") + 1))
    with pytest.raises(PermanentError, match="--column name="):
        read_upload(f"{header}\n{row}\n".encode(), kind="employees")


def test_the_sender_may_join_columns():
    parsed = read_upload(b"Called,House,Role\nAda,Kok,Bar\n", kind="employees", columns={"name": "Called + House"})
    assert parsed.rows.name.tolist() == ["Ada Kok"]
    assert parsed.detected_format["columns"]["name"] == "Called + House"


def test_the_columns_of_a_name_are_shown_and_used():
    parsed = read_upload(b"First Name,Last Name,Phone,Role\nAda,Kok,5550101,Bar\n", kind="employees")
    assert parsed.detected_format["columns"] == {"name": "First Name + Last Name", "role": "Role"}
    assert parsed.detected_format["personal_columns"] == {"Phone": 1}


def test_availability_has_names_in_two_columns_and_gives_them_once():
    text = (
        "Last Name,First Name,Day,Start,End\nKok,Ada,Monday,09:00,17:00\n,,Friday,09:00,17:00\n"
        ",,Sunday,,\nReis,Ben,Sunday,,\n"
    )
    rows = read_upload(text.encode(), kind="availability").rows
    assert rows.employee.tolist() == ["Ada Kok", "Ada Kok", "Ada Kok", "Ben Reis"]
    assert rows.day_of_week.tolist() == [(0,), (4,), (6,), (6,)]
