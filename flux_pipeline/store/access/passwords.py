"""People's passwords: what one must be, and its argon2id hash. Nothing here knows a table."""

import unicodedata

from argon2 import PasswordHasher

from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of

# Length is what counts, and no rule of composition: OWASP's verification standard (ASVS 4.0, 2.1.1) asks for 12
# characters; NIST SP 800-63B asks for 8 beside a second factor and, since its revision 4, for 15 without one.
LEAST_CHARACTERS = 12
# NIST asks for room for 64 at least; with no bound at all a megabyte could be sent to be hashed.
MOST_CHARACTERS = 1000


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too easy to guess.

    Args:
        password: as it was typed.
        email: whose it is to be; it can't be the password.

    Raises:
        PermanentError: it is empty, too short, too long or the email address. The message never shows it.
    """
    count = len(password)
    if not count:
        raise PermanentError(f"The password is empty; it needs {LEAST_CHARACTERS} characters or more.")
    if count < LEAST_CHARACTERS:
        raise PermanentError(
            f"The password has {count_of(count, 'character')}; it needs {LEAST_CHARACTERS} or more. Any will do, "
            "spaces too: three or four words that nobody would guess are good."
        )
    if count > MOST_CHARACTERS:
        raise PermanentError(f"The password has {count:,} characters; {MOST_CHARACTERS:,} is the most it may have.")
    if _normal(password).casefold() == _normal(email).casefold():
        raise PermanentError("The password can't be the email address; choose another.")


def hash_password(password: str) -> str:
    """The argon2id hash to store (salt and cost within; the library's defaults, RFC 9106's second choice)."""
    return PasswordHasher().hash(_normal(password))


def _normal(text: str) -> str:
    """One spelling for what looks the same: keyboards differ in how they send an é (NIST SP 800-63B asks for it)."""
    return unicodedata.normalize("NFKC", text)
