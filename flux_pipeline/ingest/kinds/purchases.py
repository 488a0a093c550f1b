"""Files of what a restaurant buys: what vendors ask for it, and what came in."""

from __future__ import annotations

from flux_pipeline.ingest.cells.forms import DAY, INSTANT, whole
from flux_pipeline.ingest.cells.units import PACK, STOCK, UNIT, UNIT_COST
from flux_pipeline.ingest.contracts import Field, words
from flux_pipeline.ingest.kinds import synonyms
from flux_pipeline.ingest.kinds.plain import RowRule, plain_contract
from flux_pipeline.ingest.kinds.stock import DEFAULT_UNIT, ZERO_QUANTITY

VENDOR_PRICES = plain_contract(
    "vendor_prices",
    "What vendors ask for an ingredient, how soon they deliver and how much must be ordered.",
    (
        Field("vendor", "who sells it", "Mill & Co", required=True, synonyms=synonyms.VENDOR),
        Field(
            "ingredient",
            "what is sold",
            "Flour type 550",
            required=True,
            synonyms=(*synonyms.INGREDIENT, *synonyms.GOODS),
            is_label=True,
        ),
        Field("unit_price", "what one unit costs", "0.92", UNIT_COST, required=True, synonyms=synonyms.UNIT_COST),
        Field(
            "unit", "the unit that the price is of; default: the ingredient's own", "kg", UNIT, synonyms=synonyms.UNIT
        ),
        Field(
            "lead_time_days",
            "days from the order to the delivery",
            "2",
            # Longer than a year is no lead time but a date in the wrong column.
            whole(0, 365),
            synonyms=words(
                "lead time, delivery time, delivery days, Lieferzeit, Lieferzeit in Tagen, Lieferzeit (Tage), délai, "
                "délai de livraison, plazo de entrega, tempo di consegna, levertijd, levertijd in dagen, "
                "prazo de entrega"
            ),
        ),
        Field(
            "minimum_order_quantity",
            "the least that can be ordered, in units",
            "25",
            STOCK,
            synonyms=words(
                "minimum order, minimum quantity, min order, min qty, MOQ, Mindestbestellmenge, Mindestmenge, "
                "quantité minimum, minimum de commande, pedido mínimo, cantidad mínima, ordine minimo, "
                "quantità minima, minimale bestelhoeveelheid, minimum bestelling, quantidade mínima"
            ),
        ),
        Field(
            "pack_size",
            "units in a pack; orders are whole packs",
            "25",
            PACK,
            synonyms=words(
                "pack, package size, units per pack, case size, Gebinde, Gebindegröße, Packungsgröße, VPE, "
                "Verpackungseinheit, conditionnement, colisage, tamaño del paquete, unidades por caja, confezione, "
                "pezzi per confezione, verpakkingseenheid, inhoud, tamanho da embalagem"
            ),
        ),
        Field(
            "known_at",
            "since when the price is known, in UTC; default: when the file came in",
            "2024-03-01",
            INSTANT,
            synonyms=(*synonyms.KNOWN_AT, *words("valid from, price date, gültig ab, valable à partir du")),
        ),
    ),
    key=("vendor", "ingredient"),
)

DELIVERIES = plain_contract(
    "deliveries",
    "What came in: a line for each line of a delivery note; two equal lines are two crates.",
    (
        Field(
            "ingredient",
            "what was delivered",
            "Flour type 550",
            required=True,
            synonyms=(*synonyms.INGREDIENT, *synonyms.GOODS),
            is_label=True,
        ),
        Field(
            "quantity",
            "how much came",
            "25",
            STOCK,
            required=True,
            synonyms=(
                *synonyms.QUANTITY,
                *words("delivered, quantity delivered, received, quantity received, geliefert, Liefermenge, livré"),
                *words("quantité livrée, entregado, recibido, consegnato, geleverd, entregue, recebido"),
            ),
        ),
        Field("unit", f"the unit of the quantity; {DEFAULT_UNIT}", "kg", UNIT, synonyms=synonyms.UNIT),
        Field("unit_cost", "what one unit cost", "0.92", UNIT_COST, synonyms=synonyms.UNIT_COST),
        Field("vendor", "who delivered", "Mill & Co", synonyms=synonyms.VENDOR),
        Field(
            "delivered_on",
            "the day on which it came",
            "2024-03-01",
            DAY,
            required=True,
            synonyms=(
                *synonyms.DATE,
                *words("delivery date, delivered at, date received, received on, Lieferdatum, geliefert am"),
                *words("Wareneingang, date de livraison, livré le, fecha de entrega, data di consegna, data consegna"),
                *words("leverdatum, geleverd op, data de entrega"),
            ),
        ),
        Field("lot", "its lot", "L-2402", synonyms=synonyms.LOT),
        Field("expires_on", "the last day on which it is good", "2024-09-30", DAY, synonyms=synonyms.EXPIRES_ON),
    ),
    rules=(
        ZERO_QUANTITY,
        RowRule(
            "expires_before_delivery",
            "expires_on",
            "The goods were good until '{found}', before they came; expected a day on or after delivered_on.",
            lambda rows: (rows.expires_on < rows.delivered_on).to_numpy(dtype=bool),
        ),
    ),
    day_column="delivered_on",
)
