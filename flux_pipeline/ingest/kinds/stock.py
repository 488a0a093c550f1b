"""Files of what stands in stock and what is thrown away. What comes in stands in purchases.py."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.forms import DAY, money, share
from flux_pipeline.ingest.cells.units import STOCK, UNIT
from flux_pipeline.ingest.contracts import Field, words
from flux_pipeline.ingest.kinds import synonyms
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract

DEFAULT_UNIT = "default: the ingredient's own"


def _is_zero(rows: pd.DataFrame) -> np.ndarray:
    zero: np.ndarray = (rows.quantity == 0).to_numpy(dtype=bool)
    return zero


# A line that was printed for every article, and of this one there was nothing.
ZERO_QUANTITY = RowRule("zero_quantity", "quantity", "", _is_zero)

INVENTORY_COUNTS = plain_contract(
    "inventory_counts",
    "What was found in stock: a line for each ingredient, or for each lot of it; 0 says that nothing is left.",
    (
        Field(
            "ingredient",
            "what was counted",
            "Flour type 550",
            required=True,
            synonyms=(*synonyms.INGREDIENT, *synonyms.GOODS),
            is_label=True,
        ),
        Field(
            "quantity",
            "how much is there",
            "42.5",
            STOCK,
            required=True,
            synonyms=(
                *synonyms.QUANTITY,
                *words("count, counted, on hand, quantity on hand, stock, Bestand, gezählt, Istbestand, stock réel"),
                *words("existencias, recuento, giacenza, inventario, voorraad, geteld, estoque, contagem"),
            ),
        ),
        Field("unit", f"the unit of the quantity; {DEFAULT_UNIT}", "kg", UNIT, synonyms=synonyms.UNIT),
        Field(
            "counted_on",
            "the day at whose end the stock was so",
            "2024-03-01",
            DAY,
            required=True,
            synonyms=(
                *synonyms.DATE,
                *words("counted at, count date, inventory date, Zähldatum, Inventurdatum, gezählt am"),
                *words("date d'inventaire, fecha de recuento, data inventario, teldatum, data da contagem"),
            ),
        ),
        Field("lot", "the lot that was counted", "L-2402", synonyms=synonyms.LOT),
        Field("expires_on", "the last day on which it is good", "2024-09-30", DAY, synonyms=synonyms.EXPIRES_ON),
    ),
    key=("ingredient", "lot", "counted_on"),
    day_column="counted_on",
)


def _things(rows: pd.DataFrame) -> np.ndarray:
    count: np.ndarray = rows[["item", "ingredient"]].notna().sum(axis=1).to_numpy()
    return count


WASTE = plain_contract(
    "waste",
    "What was thrown away, of items or of ingredients. A production record brings what was planned and served too.",
    (
        Field(
            "date",
            "the day on which it was thrown away",
            "2024-03-01",
            DAY,
            required=True,
            synonyms=(*synonyms.DATE[1:], *words("waste date, wasted on, service date, production date, recorded on")),
        ),
        Field(
            "location",
            "where in the house, or at which of several places",
            "Main kitchen",
            synonyms=words(
                "site, school, station, place, outlet, Ort, Standort, Schule, lieu, établissement, école, lugar, "
                "escuela, luogo, sede, scuola, locatie, escola, local"
            ),
        ),
        Field("item", "the menu item that was thrown away", "Croissant", synonyms=synonyms.ITEM, is_label=True),
        Field(
            "ingredient",
            "in place of an item, the ingredient that was thrown away",
            "Milk",
            synonyms=synonyms.INGREDIENT,
            is_label=True,
        ),
        Field(
            "quantity",
            "how much of it",
            "3",
            STOCK,
            required=True,
            synonyms=(
                *synonyms.QUANTITY,
                *words("discarded, wasted, waste, thrown away, quantity wasted, waste quantity, weggeworfen, Abfall"),
                *words("Abfallmenge, verworfen, Schwund, jeté, perte, pertes, desechado, merma, desperdicio, scarto"),
                *words("scarti, sprecato, weggegooid, verspilling, descartado, desperdício"),
            ),
        ),
        Field(
            "unit",
            "the unit of the quantity; default: portions of an item, an ingredient's own",
            "portion",
            UNIT,
            synonyms=synonyms.UNIT,
        ),
        Field(
            "reason",
            "why, in a word",
            "overproduction",
            synonyms=words(
                "waste reason, cause, why, Grund, Ursache, motif, raison, motivo, razón, causa, causale, reden, oorzaak"
            ),
        ),
        Field(
            "cost",
            "what it had cost",
            "2.40",
            money(),
            synonyms=words(
                "waste cost, discarded cost, cost of waste, value, Kosten, Wert, Verlust, coût, valeur, coste, valor, "
                "costo, valore, kosten, waarde, custo"
            ),
        ),
        Field(
            "waste_share",
            "the share of what was offered that was thrown away",
            "5%",
            share(decimals=4),
            synonyms=words("waste pct, waste percent, waste rate, discarded pct, discarded percent, Abfallquote"),
        ),
        Field(
            "planned_quantity",
            "how many were planned",
            "60",
            STOCK,
            synonyms=words("planned, plan, plan total, geplant, prévu, planificado, previsto, gepland, planejado"),
        ),
        Field(
            "offered_quantity",
            "how many were made and offered",
            "60",
            STOCK,
            synonyms=words("offered, prepared, produced, made, hergestellt, produziert, préparé, producido, preparato"),
        ),
        Field(
            "served_quantity",
            "how many were served",
            "55",
            STOCK,
            synonyms=words("served, served total, sold, ausgegeben, verkauft, servi, servido, servito, geserveerd"),
        ),
        Field(
            "leftover_quantity",
            "how many were left and kept",
            "2",
            STOCK,
            synonyms=words("leftover, leftovers, left over, Rest, Reste, restes, sobras, avanzi, overgebleven"),
        ),
        Field("served_cost", "what those served had cost", "44.00", money()),
        Field("leftover_cost", "what those left had cost", "1.60", money()),
        Field("production_cost", "what all that were made had cost", "48.00", money(), synonyms=words("total cost")),
    ),
    rules=(
        ZERO_QUANTITY,
        RowRule(
            "missing_item",
            "item",
            "The row names neither an item nor an ingredient; expected what was thrown away.",
            lambda rows: _things(rows) == 0,
        ),
        RowRule(
            "item_and_ingredient",
            "ingredient",
            "The row names an item and an ingredient ('{found}'); expected one of the two a row.",
            lambda rows: _things(rows) == 2,
        ),
    ),
    choices=((("item",), ("ingredient",)),),
    day_column="date",
)
