"""People's passwords: the rules for them, and their argon2id hashes. This module knows no table."""

import unicodedata

from argon2 import PasswordHasher

from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of

# Length counts, and no rule of composition: OWASP's verification standard (ASVS 4.0, 2.1.1) asks for 12
# characters; NIST SP 800-63B asks for 8 beside a second factor and, since its revision 4, for 15 without one.
LEAST_CHARACTERS = 12
# NIST asks to accept at least 64; without any bound a client could send a megabyte to be hashed.
MOST_CHARACTERS = 1000


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too easy to guess.

    Args:
        password: the password as typed.
        email: the person's address, which can't be the password.

    Raises:
        PermanentError: it is empty, too short, too long or the email address. The message never shows the password.
    """
    count = len(password)
    if not count:
        raise PermanentError(f"The password is empty; it needs {LEAST_CHARACTERS} characters or more.")
    if count < LEAST_CHARACTERS:
        raise PermanentError(
            f"The password has {count_of(count, 'character')}; it needs {LEAST_CHARACTERS} or more. Any characters are "
            "allowed, spaces too: three or four words that nobody would guess are good."
        )
    if count > MOST_CHARACTERS:
        raise PermanentError(f"The password has {count:,} characters; it may have at most {MOST_CHARACTERS:,}.")
    if _normal(password).casefold() == _normal(email).casefold():
        raise PermanentError("The password can't be the email address. Choose another.")


def hash_password(password: str) -> str:
    """Return the argon2id hash to store; it holds salt and costs (the library's defaults, RFC 9106's second choice)."""
    return PasswordHasher().hash(_normal(password))


def _normal(text: str) -> str:
    """Give characters that look alike one encoding: keyboards encode an é differently (NIST SP 800-63B asks for it)."""
    return unicodedata.normalize("NFKC", text)
