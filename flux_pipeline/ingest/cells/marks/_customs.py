"""Countries that write a decimal comma and countries that write a point, by the main language in Unicode's CLDR 46.

Countries with both, such as Canada and South Africa, are in neither list.
"""

from __future__ import annotations

_COMMA = frozenset(
    (
        *("DE", "AT", "FR", "BE", "NL", "LU", "IT", "ES", "PT", "DK", "NO", "SE", "FI", "IS", "FO", "GL", "AD", "MC"),
        *("SM", "PL", "CZ", "SK", "HU", "RO", "MD", "BG", "HR", "SI", "RS", "BA", "ME", "MK", "AL", "XK", "GR", "CY"),
        *("EE", "LV", "LT", "UA", "BY", "RU", "TR", "GE", "AM", "AZ", "KZ", "UZ", "KG", "TJ", "ID", "VN", "TL"),
        *("BR", "AR", "CL", "CO", "UY", "PY", "BO", "EC", "VE", "CR", "CU", "MA", "DZ", "TN", "AO", "MZ", "CV", "SN"),
        *("CI", "CM", "MG", "RE", "GP", "MQ", "GF", "NC", "PF", "SR", "CW", "AW"),
    )
)
_POINT = frozenset(
    (
        *("US", "PR", "GU", "VI", "AS", "GB", "IE", "MT", "CH", "LI", "AU", "NZ", "IN", "PK", "BD", "LK", "NP", "MM"),
        *("JP", "CN", "TW", "HK", "MO", "SG", "MY", "PH", "TH", "KH", "KR", "MN", "MX", "GT", "HN", "NI", "PA", "DO"),
        *("SV", "PE", "JM", "BZ", "TT", "BB", "BS", "KE", "NG", "GH", "UG", "TZ", "ZM", "ZW", "BW", "NA", "RW", "ET"),
        *("AE", "SA", "QA", "KW", "BH", "OM", "JO", "EG", "IL", "FJ", "PG"),
    )
)
# Currencies with a thousand parts (ISO 4217).
_THREE_DECIMALS = frozenset({"BH", "IQ", "JO", "KW", "LY", "OM", "TN"})


def custom_of(country_code: str | None) -> str | None:
    """Return the decimal mark of a country (ISO 3166-1 alpha-2), or None if it uses both or is unknown."""
    return "," if country_code in _COMMA else "." if country_code in _POINT else None


def has_three_decimals(country_code: str | None) -> bool:
    """Return whether prices of a country have three decimal places."""
    return country_code in _THREE_DECIMALS
