"""Check of a whole weather file: its units, its time zone and whether it has any measurement."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.numbers import parse_floats
from flux_pipeline.ingest.columns.header_names import split_remark
from flux_pipeline.ingest.contracts import FileFacts, ReadContext
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.kinds.weather.units import UNITS, unit_in
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

_UTC = frozenset({"", "utc", "gmt", "z", "etc/utc", "etc/gmt", "utc+0", "gmt+0", "utc+00:00"})
_UTC_REMARKS = frozenset({"", "utc", "gmt", "z", "iso8601", "unixtime", "utc0", "gmt0", "utciso8601"})

_TEMPERATURES = ("temperature_c", "temperature_max_c", "temperature_min_c")
# No place on Earth has this mean temperature in degrees Celsius, but many have it in degrees Fahrenheit.
_HOT = 45.0
_SHARE = 0.5


class WeatherScan:
    """The headers and zones of a file, gathered block by block."""

    def __init__(self) -> None:
        self._headers: dict[str, str] = {}
        self._zones: set[str] = set()
        self._other = self._first_other = 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block.

        Raises PermanentError for a unit that is unknown.
        """
        for field, header in table.headers.items():
            if field in UNITS and field not in self._headers:
                unit_in(header, field)
        self._headers |= table.headers
        zones = table.texts("timezone")
        self._zones |= {str(zones.distinct[code]).casefold() for code in set(zones.codes[is_data(table)].tolist())}
        if (other := table.table.other) is not None and other.any():
            self._first_other = self._first_other or int(table.line_numbers[other][0])
            self._other += int(other.sum())

    def found(self, context: ReadContext, blocks: Callable[[FileFacts], Iterable[MappedTable]]) -> FileFacts:
        """Return the facts found.

        Raises PermanentError if the file has no measurement, or if its zone or the unit of its temperature is unclear.
        """
        if not self._headers.keys() & UNITS.keys():
            raise PermanentError(
                f"No column of the file is recognised as a measurement; expected at least one of {listed(UNITS)}. Name "
                "it: --column temperature_c=HEADER."
            )
        self._check_zone()
        for field in _TEMPERATURES:
            if field in self._headers and unit_in(self._headers[field], field) is None:
                self._check_temperature(field, context.survey, blocks(FileFacts()))
        return FileFacts(tuple(self._notes()))

    def _check_zone(self) -> None:
        _, remark = split_remark(self._headers.get("valid_at", ""))
        zones = sorted(self._zones - _UTC) + ([remark] if remark not in _UTC_REMARKS else [])
        if zones and "utc_offset_seconds" not in self._headers:
            raise PermanentError(
                f"The times are in the zone {listed(zones)}, and the file doesn't say how far that is from UTC; "
                "expected a column utc_offset_seconds, or times in UTC. Export the file in UTC."
            )

    def _check_temperature(self, field: str, survey: Survey, blocks: Iterable[MappedTable]) -> None:
        found = []
        for table in blocks:
            numbers, _ = parse_floats(table.texts(field), mark=survey.mark(field), missing=MISSING)
            found.append(numbers[is_data(table) & ~np.isnan(numbers)])
        every = np.concatenate(found)
        if len(every) and (every > _HOT).mean() > _SHARE:
            header = self._headers[field]
            raise PermanentError(
                f"The temperatures in '{header}' are {np.median(every):g} in the middle, which is too hot for degrees "
                f"Celsius; expected the unit in the header. Write '{header} (°F)', or '{header} (°C)' if that is it."
            )

    def _notes(self) -> list[str]:
        notes = []
        wind = self._headers.get("wind_mps")
        if wind is not None and unit_in(wind, "wind_mps") is None:
            notes.append(f"The wind in {listed([wind])} has no unit and is not used. Write, say, '{wind} (m/s)'.")
        if "temperature_c" not in self._headers and {"temperature_max_c", "temperature_min_c"} <= self._headers.keys():
            pair = [self._headers[field] for field in ("temperature_max_c", "temperature_min_c")]
            notes.append(f"The temperature is the middle of {listed(pair)}.")
        if self._other:
            notes.append(
                f"{count_of(self._other, 'row')} from line {self._first_other} on left out: they are another table, "
                "with its own column names above it. If it is needed, send it as a file of its own."
            )
        return notes
