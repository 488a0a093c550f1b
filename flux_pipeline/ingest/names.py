"""When two spellings are one name. Which item it is, the restaurant's aliases say."""

import unicodedata


def fold_name(name: str) -> str:
    """The form in which names are compared: Unicode's compatibility form, no accents, one case, single spaces."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())
