"""Names of months and weekdays in the languages of the files, and their abbreviations.

English, German, French, Spanish, Italian, Dutch and Portuguese; weekdays also in Korean, Japanese and Chinese. parts.py
reads complete dates.
"""

from __future__ import annotations

from flux_pipeline.names import fold_name

_MONTHS = (
    ("january", "januar", "jänner", "janvier", "enero", "gennaio", "januari", "janeiro"),
    ("february", "februar", "feber", "février", "febrero", "febbraio", "februari", "fevereiro"),
    ("march", "märz", "mrz", "mars", "marzo", "maart", "mrt", "março"),
    ("april", "avril", "abril", "aprile"),
    ("may", "mai", "mayo", "maggio", "mei", "maio"),
    ("june", "juni", "juin", "junio", "giugno", "junho"),
    ("july", "juli", "juillet", "julio", "luglio", "julho"),
    ("august", "août", "agosto", "augustus"),
    ("september", "septembre", "septiembre", "setiembre", "settembre", "setembro"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "outubro"),
    ("november", "novembre", "noviembre", "novembro"),
    ("december", "dezember", "décembre", "diciembre", "dicembre", "dezembro"),
)
_WESTERN_WEEKDAYS = (
    ("monday", "montag", "lundi", "lunes", "lunedì", "maandag", "segunda-feira"),
    (
        "tuesday",
        "dienstag",
        "mardi",
        "martes",
        "martedì",
        "dinsdag",
        "terça-feira",
        "화요일",
        "火曜日",
        "星期二",
        "周二",
    ),
    (
        "wednesday",
        "mittwoch",
        "mercredi",
        "miércoles",
        "mercoledì",
        "woensdag",
        "quarta-feira",
        "수요일",
        "水曜日",
        "星期三",
        "周三",
    ),
    (
        "thursday",
        "donnerstag",
        "jeudi",
        "jueves",
        "giovedì",
        "donderdag",
        "quinta-feira",
        "목요일",
        "木曜日",
        "星期四",
        "周四",
    ),
    (
        "friday",
        "freitag",
        "vendredi",
        "viernes",
        "venerdì",
        "vrijdag",
        "sexta-feira",
        "금요일",
        "金曜日",
        "星期五",
        "周五",
    ),
    (
        "saturday",
        "samstag",
        "samedi",
        "sábado",
        "sabato",
        "zaterdag",
        "sonnabend",
        "토요일",
        "土曜日",
        "星期六",
        "周六",
    ),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag"),
)
_EAST_ASIAN_WEEKDAYS = (
    ("월요일", "月曜日", "星期一", "周一"),
    ("화요일", "火曜日", "星期二", "周二"),
    ("수요일", "水曜日", "星期三", "周三"),
    ("목요일", "木曜日", "星期四", "周四"),
    ("금요일", "金曜日", "星期五", "周五"),
    ("토요일", "土曜日", "星期六", "周六"),
    ("일요일", "日曜日", "星期日", "周日"),
)
WEEKDAYS = tuple((*western, *others) for western, others in zip(_WESTERN_WEEKDAYS, _EAST_ASIAN_WEEKDAYS, strict=True))
# As printed in brackets behind a date.
_WEEKDAY_LETTERS = frozenset("월화수목금토일月火水木金土日")
_WEEKDAY_NAMES = tuple(tuple(fold_name(name) for name in names) for names in WEEKDAYS)
_FOLDED_WEEKDAYS = tuple(name for names in _WEEKDAY_NAMES for name in names)
# Two letters that begin the names of several days mean the German day; such abbreviations are common in German.
_GERMAN_WEEKDAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")

# Two letters would take the French "ma" for a month; three begin the names of one month only, except "jui".
_SHORTEST_MONTH = 3
_SHORTEST_WEEKDAY = 2


def _months_by_start() -> dict[str, int]:
    months_of: dict[str, set[int]] = {}
    for month, names in enumerate(_MONTHS, start=1):
        for name in map(fold_name, names):
            for length in range(_SHORTEST_MONTH, len(name) + 1):
                months_of.setdefault(name[:length], set()).add(month)
    return {start: next(iter(months)) for start, months in months_of.items() if len(months) == 1}


_MONTH_OF = _months_by_start()


def month_of(word: str) -> int | None:
    """Return 1 to 12, from a month's name or the beginning of one, of three letters or more; a point may follow."""
    return _MONTH_OF.get(fold_name(word).rstrip("."))


def is_weekday(word: str) -> bool:
    """Return whether a word is a weekday's name or the beginning of one, of two letters or more."""
    start = fold_name(word).rstrip(".")
    return word in _WEEKDAY_LETTERS or (
        len(start) >= _SHORTEST_WEEKDAY and any(name.startswith(start) for name in _FOLDED_WEEKDAYS)
    )


def weekday_of(word: str) -> int | None:
    """Return 0 for Monday to 6 for Sunday, from a name or the beginning of one, of two letters or more.

    A number is not accepted: some count from Sunday, some from Monday, some from 0 and some from 1.
    """
    start = fold_name(word).rstrip(".")
    days = [day for day, names in enumerate(_WEEKDAY_NAMES) if any(name.startswith(start) for name in names)]
    if len(start) >= _SHORTEST_WEEKDAY and len(days) == 1:
        return days[0]
    return _GERMAN_WEEKDAYS.index(start) if start in _GERMAN_WEEKDAYS else None
