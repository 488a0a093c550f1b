"""Units of weather, in headers (`temperature_2m (°F)`, `wind_kph`) or named, and their conversion to those kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.header_names import header_words, normalised_name, split_remark
from flux_pipeline.wording import listed


@dataclass(frozen=True)
class Unit:
    """A unit: a number of it is `factor` x (number + `shift`) of the unit that is kept."""

    factor: float = 1.0
    shift: float = 0.0

    def convert(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers of this unit, (n,), in the unit that is kept, to six decimals."""
        converted: np.ndarray = np.round((numbers + self.shift) * self.factor, 6)
        return converted


_CELSIUS, _FAHRENHEIT, _KELVIN = Unit(), Unit(5 / 9, -32.0), Unit(1.0, -273.15)
_TEMPERATURES = {
    **dict.fromkeys(("c", "degc", "celsius", "degreescelsius", "degreec", "centigrade", "gradcelsius"), _CELSIUS),
    **dict.fromkeys(("f", "degf", "fahrenheit", "degreesfahrenheit", "degreef"), _FAHRENHEIT),
    **dict.fromkeys(("k", "kelvin"), _KELVIN),
}
# A litre on a square metre is a millimetre.
_DEPTHS = {
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres", "lm2"), Unit()),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), Unit(10.0)),
    **dict.fromkeys(("in", "inch", "inches"), Unit(25.4)),
}
_SPEEDS = {
    **dict.fromkeys(("ms", "mps", "ms1", "msec", "meterspersecond", "metrespersecond"), Unit()),
    **dict.fromkeys(("kmh", "kph", "kmph", "kmhr", "kmh1"), Unit(1 / 3.6)),
    **dict.fromkeys(("mph", "mih", "milesperhour"), Unit(0.44704)),
    **dict.fromkeys(("kn", "kt", "kts", "knot", "knots"), Unit(1852 / 3600)),
    **dict.fromkeys(("fts", "fps"), Unit(0.3048)),
}
_SHARES = {
    **dict.fromkeys(("pct", "percent", "prozent"), Unit()),
    **dict.fromkeys(("okta", "oktas", "octa", "octas"), Unit(12.5)),
}
_CODES = {"wmo": Unit(), "wmocode": Unit()}
UNITS: Mapping[str, Mapping[str, Unit]] = {
    "temperature_c": _TEMPERATURES,
    "temperature_max_c": _TEMPERATURES,
    "temperature_min_c": _TEMPERATURES,
    "precipitation_mm": _DEPTHS,
    "wind_mps": _SPEEDS,
    "cloud_pct": _SHARES,
    "weather_code": _CODES,
}
# A unit in the name itself is of up to three words: `wind_km_h`.
_MOST_WORDS = 3


def unit_in(header: str, field: str) -> Unit | None:
    """Return the unit that a header names, None if it names none.

    Raises PermanentError if it has a remark that is not a unit of the field.
    """
    units = UNITS[field]
    _, remark = split_remark(header)
    words = header_words(header.replace("(", " ").replace(")", " "))
    if remark and remark not in units:
        raise PermanentError(
            f"The column '{header}' is the {field}, but '{remark}' is no unit of it that Flux knows; expected one of "
            f"{listed(units)} in brackets. Convert the column, or leave it out."
        )
    if remark:
        return units[remark]
    tails = ("".join(words[-count:]) for count in range(min(_MOST_WORDS, len(words) - 1), 0, -1))
    return next((units[tail] for tail in tails if tail in units), None)


def unit_named(name: str, field: str) -> Unit | None:
    """Return the unit of a field that a service calls by this name ("°C", "km/h", "%"), None if it is unknown."""
    return UNITS[field].get(normalised_name(name.replace("%", "percent")))
