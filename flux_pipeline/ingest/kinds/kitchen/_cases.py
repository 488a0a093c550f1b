"""Counts in full cases and loose units, as count sheets have them: two cases of 24 and three bottles are 51."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.units import STOCK
from flux_pipeline.ingest.kinds.kitchen._packs import content_of_pack, is_bare, is_package, opened_pack, pack_text
from flux_pipeline.kitchen.packs import PackError
from flux_pipeline.kitchen.units import find_unit, ratio_between
from flux_pipeline.wording import shortened


def counted_in_cases(rows: pd.DataFrame, *, counts_packs: bool) -> pd.DataFrame:
    """Return the rows with the quantity of each, in one unit: of what was counted in packs, and of cases with the rest.

    What can't be brought to one unit has no quantity; `unknown_cases` says why. A quantity without a unit is one of
    packs if it `counts_packs`.
    """
    quantities, units = rows.quantity.to_numpy(copy=True), rows.unit.to_numpy(dtype=object, copy=True)
    texts = [pack_text(text) for text in rows.pack]
    columns = zip(texts, rows.unit, rows.quantity, rows.case_quantity, rows.loose_quantity, strict=True)
    for place, (text, unit, quantity, cases, loose) in enumerate(columns):
        if not np.isnan(quantity):
            pack = opened_pack(text, unit, counts_packs=counts_packs)
            if pack is not None and quantity * float(pack.quantity) <= STOCK.high:
                quantities[place], units[place] = round(quantity * float(pack.quantity), 3), pack.unit.name
        elif not np.isnan(cases) or not np.isnan(loose):
            total, units[place] = _total(text, unit, np.nan_to_num(cases), np.nan_to_num(loose))
            quantities[place] = total if total <= STOCK.high else np.nan
    return rows.assign(quantity=quantities, unit=pd.Series(units, dtype=object), pack=pd.Series(texts, dtype=object))


def unknown_cases(rows: pd.DataFrame) -> list[str | None]:
    """Say which cases can't be added to loose units."""
    columns = zip(rows.quantity, rows.case_quantity, rows.loose_quantity, rows.pack, strict=True)
    return [
        None
        if not np.isnan(quantity) or (np.isnan(cases) and np.isnan(loose))
        else f"The row counts {np.nan_to_num(cases):g} cases and {np.nan_to_num(loose):g} loose units, and "
        + ("no pack says" if pack is None else f"the pack '{shortened(pack, 40)}' doesn't say")
        + " how many of these a case holds; expected a pack such as 24 or '6 x 2.5 kg', and the unit of what is loose."
        for quantity, cases, loose, pack in columns
    ]


def _total(text: str | None, unit: str | None, cases: float, loose: float) -> tuple[float, str | None]:
    """Return cases and loose units as one quantity with its unit; NaN if there are both and a case has no known size.

    What is in cases only, and has no known size, is counted in cases.
    """
    if not cases:
        return loose, unit
    if text is not None and is_bare(text) and not is_package(unit):
        return round(cases * float(text.replace(",", ".")) + loose, 3), unit
    try:
        pack = None if text is None or is_bare(text) else content_of_pack(text)
    except PackError:
        pack = None
    if pack is None:
        return (np.nan, unit) if loose else (cases, "case")
    inside = cases * float(pack.quantity)
    if not loose:
        return round(inside, 3), pack.unit.name
    ratio = None if unit is None else ratio_between(find_unit(unit), pack.unit)
    if ratio is None:
        return np.nan, unit
    return round(inside + float(Decimal(repr(float(loose))) * ratio.numerator / ratio.denominator), 3), pack.unit.name
