"""Choice among the encodings from before UTF-8: Windows-1252 unless the text speaks against it.

The library's guess needs a page of text, and an export may hold a single é. So the library only ranks the encodings in
which the text reads like words.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable

from charset_normalizer import from_bytes

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.containers import Bytes

_WESTERN = "cp1252"

# The better-known superset of each pair that shares its letters (cp932 for shift_jis, cp949 for euc_kr). Ties go to the
# first: the four East Asian ones read hardly any text but their own; of the others Windows is more likely than Mac, and
# both are more likely than DOS.
_EAST_ASIAN = ("cp949", "cp932", "euc_jp", "gb18030", "big5")
_CANDIDATES = (*_EAST_ASIAN, "cp1254", "cp1250", "cp1251", "cp1253", "cp1256", "mac_roman", "cp850")

# Languages whose letters in Windows-1250 or -1254 read like Western ones (Kuře, Kuøe): the library recognises them by
# the letters that they share with English, however the others are read.
_BY_LANGUAGE = {
    **dict.fromkeys(("Polish", "Czech", "Slovak", "Hungarian", "Slovene"), "cp1250"),
    "Turkish": "cp1254",
}
_CLEAR_COHERENCE = 0.3

# The letters of these languages that are different letters in Windows-1252. A menu with Crème brûlée and Jalapeño is in
# none of them, whatever the library finds in its other letters: it would read Crčme brűlée and Jalapeńo.
_OWN_LETTERS = {
    "Polish": "ąćęłńśźżĄĆĘŁŃŚŹŻ",
    "Czech": "čďěňřťůČĎĚŇŘŤŮ",
    "Slovak": "čďĺľňŕťČĎĹĽŇŔŤ",
    "Hungarian": "őűŐŰ",
    "Slovene": "čćđČĆĐ",
    "Turkish": "ğışĞİŞ",
}
_FOREIGN_LETTERS = 0.25

# Includes 0xa0, a space that tills print before a currency sign.
_CELL = re.compile(rb"[^,;\t\r\n\"\x80-\xff]*[\x80-\xff][^,;\t\r\n\"]*")
_SAMPLE_BYTES = 20_000

# Cells are searched in this many bytes from the first match on: enough for a whole menu; searching is the slowest part.
_SEARCHED_BYTES = 4_000_000
_CHUNK = 2**19

# This share of the words with letters beyond ASCII may look odd: names hold trademarks and typing errors too.
_ODD_WORDS = 0.05

# Three in five Chinese characters read as a Korean syllable; this many different ones don't occur by chance.
_SURELY_KOREAN = 12

# Signs that occur next to words in any Western text.
_SIGNS = set("\u00a0€£¢¥°\u2013—\u2018\u2019\u201a“”„…«»\u2039\u203a¿¡\u00b4·½¼¾\u00d7®™©§²³ºª•±µ†‰№")
_ICELANDIC_OR_TURKISH = set("ðþýÐÞÝ")
_ACUTE = set("áéíóúæÁÉÍÓÚÆ")


def find_older_encoding(opens: Callable[[], Bytes]) -> str:
    """Return the encoding of a file that is not UTF-8; a guess, which reading the whole file must still confirm.

    Raises PermanentError if the file is UTF-8 except for broken places, or reads like words in no encoding.
    """
    sample, well_formed, broken, found = _survey(opens)
    candidates = [_WESTERN, *_CANDIDATES]
    if well_formed:
        # One broken byte in a UTF-8 file must not turn every Café of it into CafÃ©. In East Asian encodings some pairs
        # of bytes are well-formed UTF-8 by chance, but most are not.
        candidates = list(_EAST_ASIAN) if broken > well_formed else []
    guess = _guess(sample, candidates)
    if guess is not None:
        return guess
    if well_formed >= broken:
        raise PermanentError(
            f"{found}, while other lines are; expected one encoding throughout. Export the file again as UTF-8."
        )
    raise PermanentError(
        f"{found}, and reads like words in none of the older encodings, or in several. Export the file again as UTF-8, "
        "or give its encoding: --encoding cp1252."
    )


def _survey(opens: Callable[[], Bytes]) -> tuple[bytes, int, int, str]:
    """Return a sample of the cells beyond ASCII, counts of well-formed and broken UTF-8, and the first break in words.

    The counts are letters that are well-formed UTF-8 and bytes that are not.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    cells: dict[bytes, None] = {}
    searched = well_formed = broken = 0
    found, line, carried, final = "", 1, b"", False
    with opens() as stream:
        while not final:
            chunk = stream.read(_CHUNK)
            final = not chunk
            text = decoder.decode(chunk, final)
            lost = text.count("\ufffd")
            broken += lost
            well_formed += len(text) - len(text.encode("ascii", "ignore")) - lost
            content = carried + chunk
            if lost and not found:
                found = _first_broken(content, line)
            complete, end, rest = (content, b"", b"") if final else content.rpartition(b"\n")
            carried = rest[-_CHUNK:]
            line += complete.count(b"\n") + len(end)
            if searched < _SEARCHED_BYTES:
                cells |= dict.fromkeys(_CELL.findall(complete))
                searched += len(complete) if cells else 0
    return _sample_of(cells), well_formed, broken, found or "The file is not UTF-8"


def _sample_of(cells: dict[bytes, None]) -> bytes:
    joined = b",".join(cells)
    # Cut between cells, not within a letter of two bytes.
    return joined if len(joined) <= _SAMPLE_BYTES else joined[:_SAMPLE_BYTES].rpartition(b",")[0] or joined


def _first_broken(content: bytes, line: int) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line += content[: error.start].count(b"\n")
        return f"Line {line:,} of the file is not UTF-8 (byte 0x{content[error.start]:02x})"
    return ""


def _guess(sample: bytes, candidates: list[str]) -> str | None:
    texts = {}
    for codec in candidates:
        try:
            texts[codec] = sample.decode(codec)
        except UnicodeDecodeError:
            continue
    readable = [codec for codec, text in texts.items() if _reads_like_words(codec, text)]
    if not texts or not readable:
        return _WESTERN if _WESTERN in texts and _is_only_signs(texts[_WESTERN]) else None
    matches = list(
        from_bytes(sample, cp_isolation=[*texts], threshold=0.4, preemptive_behaviour=False, enable_fallback=False)
    )
    if _WESTERN in readable:
        language = next(
            (m.language for m in matches if _WESTERN in m.could_be_from_charset and m.coherence >= _CLEAR_COHERENCE), ""
        )
        clearly = _BY_LANGUAGE.get(language)
        is_clear = clearly in readable and _is_spelled_in(language, texts[clearly], texts[_WESTERN])
        return clearly if is_clear else _WESTERN
    ranks = {codec: (m.chaos, -m.coherence) for m in reversed(matches) for codec in m.could_be_from_charset}
    best = min(readable, key=lambda codec: ranks.get(codec, (1.0, 0.0)))
    unsure = best == "cp949" and len({letter for letter in texts[best] if not letter.isascii()}) < _SURELY_KOREAN
    return None if unsure and len(readable) > 1 else best


def _is_spelled_in(language: str, text: str, western: str) -> bool:
    """Return whether the letters that differ in Windows-1252 belong to that language, but for a foreign dish."""
    differing = [letter for letter, other in zip(text, western, strict=True) if letter != other]
    foreign = sum(letter.isalpha() and letter not in _OWN_LETTERS[language] for letter in differing)
    return foreign <= _FOREIGN_LETTERS * len(differing)


def _is_only_signs(text: str) -> bool:
    return all(letter.isascii() or letter in _SIGNS for letter in text)


def _reads_like_words(codec: str, text: str) -> bool:
    if codec == _WESTERN and set(text) & _ICELANDIC_OR_TURKISH and not set(text) & _ACUTE:
        return False
    words = [word for word in re.split(r"[\s,;|/()+&.:!?*\"'\d-]+", text) if not word.isascii()]
    words = [word.strip("".join(_SIGNS)) for word in words]
    words = [word for word in words if not word.isascii()]
    odd = sum(not _is_word(codec, word) for word in words)
    # A single letter alone is a word in every encoding, so it proves nothing.
    return any(len(word) > 1 for word in words) and odd <= _ODD_WORDS * len(words)


def _is_word(codec: str, word: str) -> bool:
    if not all(letter.isalpha() or unicodedata.category(letter) in ("Mn", "Mc", "Lm") for letter in word):
        return False
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in word}
    if codec in _EAST_ASIAN:
        # Their signs don't occur within a word of small Latin letters.
        if re.search(r"[a-z][^\x00-\x7f]+[a-z]", word):
            return False
        return codec != "cp949" or not any(name.startswith("CJK") for name in scripts)
    # Rejects Áîðù, which is Борщ misread, but not Kuře: no Latin word has three accented letters in a row, and no word
    # mixes two scripts or has a capital after a small letter.
    if len(scripts) > 1 or (scripts == {"LATIN"} and re.search(r"[^\x00-\x7f]{3}", word)):
        return False
    return not _has_inner_capital(word)


def _has_inner_capital(word: str) -> bool:
    """Return whether an accented capital is next to a small letter, except at the beginning: `BrŠtchen`, `KÑse`."""
    return any(
        letter.isupper() and not letter.isascii() and (before.islower() or after.islower())
        for before, letter, after in zip(word, word[1:], word[2:] + " ", strict=False)
    )
