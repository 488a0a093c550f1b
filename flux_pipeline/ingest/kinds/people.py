"""Files of who works and when they can. A roster needs personal data; logs and metadata get none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import CLOCK, EMAIL, FLAG, FLAG_ON, WEEKDAY, choice, money, number, share
from flux_pipeline.ingest.contracts import Field, words
from flux_pipeline.ingest.kinds import synonyms
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract

# A week has no more.
_WEEKLY_HOURS = number(0, 168, decimals=2)

_MIDNIGHT = dt.time(0)


def _person(rows: pd.DataFrame) -> pd.DataFrame:
    """Two rows are one person where their addresses are the same; without an address the name must do."""
    return pd.DataFrame({"email": rows.email, "name": rows.name.where(rows.email.isna(), None)})


def _fewest_above_most(rows: pd.DataFrame) -> np.ndarray:
    above: np.ndarray = (rows.min_weekly_hours > rows.max_weekly_hours).to_numpy(dtype=bool)
    return above


EMPLOYEES = plain_contract(
    "employees",
    "Who works here: a line for each person, with the role and the hours a week.",
    (
        Field("name", "the person's name", "Ada Kok", required=True, synonyms=("employee", *synonyms.EMPLOYEE)),
        Field(
            "role",
            "what the person works as",
            "Kitchen",
            required=True,
            synonyms=words(
                "employee role, position, job, job title, function, department, Rolle, Funktion, Stelle, Tätigkeit, "
                "Abteilung, rôle, poste, fonction, rol, puesto, cargo, ruolo, mansione, posizione, functie, função"
            ),
        ),
        Field(
            "email",
            "the address by which the person is known again",
            "ada@example.com",
            EMAIL,
            synonyms=words(
                "e-mail, email address, mail, E-Mail-Adresse, courriel, adresse mail, correo, "
                "correo electrónico, indirizzo email, posta elettronica, e-mailadres, endereço de email"
            ),
        ),
        Field(
            "hourly_rate",
            "what an hour costs",
            "15.50",
            money(),
            synonyms=words(
                "hourly wage, wage, rate, pay rate, hourly pay, Stundenlohn, Stundensatz, Lohn, taux horaire, "
                "salaire horaire, salario por hora, tarifa por hora, paga oraria, tariffa oraria, uurloon, "
                "salário por hora, valor hora"
            ),
        ),
        Field(
            "min_weekly_hours",
            "the fewest hours a week; default: none",
            "20",
            _WEEKLY_HOURS,
            synonyms=words(
                "min hours, minimum hours, min hours per week, minimum weekly hours, Mindeststunden, "
                "Mindestwochenstunden, heures minimum, horas mínimas, ore minime, minimum uren, minimumuren"
            ),
        ),
        Field(
            "max_weekly_hours",
            "the most hours a week; default: 40",
            "38.5",
            _WEEKLY_HOURS,
            synonyms=words(
                "max hours, maximum hours, max hours per week, maximum weekly hours, weekly hours, contract hours, "
                "Wochenstunden, Höchststunden, Vertragsstunden, Stunden pro Woche, heures par semaine, heures maximum, "
                "horas semanales, horas máximas, ore settimanali, ore massime, uren per week, maximum uren, "
                "horas semanais"
            ),
        ),
        Field(
            "performance_score",
            "how well the person does, from 0 to 1 or in per cent",
            "85%",
            share(),
            synonyms=words(
                "performance, score, rating, Leistung, Bewertung, évaluation, rendimiento, evaluación, valutazione, "
                "rendimento, prestatie, beoordeling, avaliação, desempenho"
            ),
        ),
        Field(
            "training_completed",
            "yes where the person is trained; default: no",
            "yes",
            FLAG,
            synonyms=words(
                "trained, training, training done, geschult, Schulung, eingearbeitet, formé, formation, formado, "
                "formación, formato, formazione, opgeleid, training voltooid, treinado"
            ),
        ),
        Field(
            "is_active",
            "no where the person has left; default: yes",
            "yes",
            FLAG_ON,
            synonyms=(*synonyms.IS_ACTIVE, *words("employed, beschäftigt")),
        ),
    ),
    key=_person,
    rules=(
        RowRule(
            "min_above_max_hours",
            "min_weekly_hours",
            "The min_weekly_hours ('{found}') are more than the max_weekly_hours; expected as many or fewer.",
            _fewest_above_most,
        ),
    ),
    keeps_people=True,
)


def _lacks_a_time(rows: pd.DataFrame) -> np.ndarray:
    lacks: np.ndarray = (rows.start_time.isna() != rows.end_time.isna()).to_numpy(dtype=bool)
    return lacks


def _is_no_time(rows: pd.DataFrame) -> np.ndarray:
    # From midnight to midnight is the whole day.
    same: np.ndarray = ((rows.start_time == rows.end_time) & (rows.start_time != _MIDNIGHT)).to_numpy(dtype=bool)
    return same & rows.start_time.notna().to_numpy(dtype=bool)


AVAILABILITY = plain_contract(
    "availability",
    "When people can work: a line for each person, day of the week and interval; without times, the whole day.",
    (
        Field(
            "employee",
            "the person's name or email address, as in the file of employees",
            "Ada Kok",
            required=True,
            synonyms=("name", *synonyms.EMPLOYEE, *words("email, e-mail, employee email")),
        ),
        Field("day_of_week", "the day by its name", "Monday", WEEKDAY, required=True, synonyms=synonyms.WEEKDAY),
        Field(
            "start_time",
            "from when, local time",
            "09:00",
            CLOCK,
            synonyms=(*synonyms.START, *words("available from, verfügbar von, verfügbar ab")),
        ),
        Field(
            "end_time",
            "until when, local time; may be after midnight",
            "17:00",
            CLOCK,
            synonyms=(*synonyms.END, *words("available to, available until, verfügbar bis")),
        ),
        Field(
            "preference",
            "preferred, available or unavailable; default: available",
            "preferred",
            choice(
                {
                    "preferred": "prefer,preference,gladly,bevorzugt,gern,gerne,préféré,préférence,preferido,"
                    "preferente,preferito,voorkeur,liever",
                    "available": "yes,y,x,ok,can,verfügbar,ja,disponible,oui,sí,disponibile,beschikbaar,disponível,sim",
                    "unavailable": "no,n,off,not available,cannot,nicht verfügbar,nein,frei,indisponible,"
                    "non disponible,non,no disponible,non disponibile,niet beschikbaar,nee,indisponível,não",
                },
                default="available",
            ),
            synonyms=words(
                "availability, available, wish, Wunsch, Präferenz, Verfügbarkeit, verfügbar, préférence, "
                "disponibilité, disponible, preferencia, disponibilidad, preferenza, disponibilità, disponibile, "
                "voorkeur, beschikbaarheid, beschikbaar, preferência, disponibilidade"
            ),
        ),
    ),
    key=("employee", "day_of_week", "start_time"),
    rules=(
        RowRule(
            "missing_time",
            "start_time",
            "The row has one of start_time and end_time; expected both, or neither for the whole day.",
            _lacks_a_time,
        ),
        RowRule(
            "no_time_between",
            "end_time",
            "The row ends when it starts ('{found}'); expected a later time, or no times for the whole day.",
            _is_no_time,
        ),
    ),
    keeps_people=True,
)
