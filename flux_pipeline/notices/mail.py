"""Mail: an alert as a short text, handed to a mail server over an encrypted connection where it offers one."""

import ipaddress
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from flux_pipeline.errors import TransientError
from flux_pipeline.records.alerts import Alert
from flux_pipeline.wording import printable, shortened

# For each answer of the server.
TIMEOUT_SECONDS = 10.0
PORTS = {"smtp": 587, "smtps": 465}
LONGEST_SUBJECT = 150


def send_mail(server: SecretStr, sender: str, recipients: list[str], alert: Alert) -> None:
    """Send the alert to all recipients; every attempt has the same Message-ID.

    A recipient that the server refuses while it takes the mail for another is only logged: a second attempt would reach
    the other one twice.

    Args:
        server: smtp://login:password@host:587 or smtps://...; a login is optional.
        sender: the address that it comes from.
        recipients: the addresses that it goes to.
        alert: what to send.

    Raises:
        TransientError: the server can't be reached or refuses the mail, or would get a password unencrypted.
    """
    url = urlsplit(server.get_secret_value())
    try:
        with _connection(url) as smtp:
            refused = smtp.send_message(as_mail(sender, recipients, alert), sender, recipients)
        for recipient in refused:
            logging.getLogger(__name__).warning("The mail server %s refuses %s.", url.hostname, recipient)
        return
    except smtplib.SMTPRecipientsRefused:
        raise TransientError(f"The mail server {url.hostname} refuses every recipient.") from None
    except smtplib.SMTPResponseException as exc:
        reason = f"{type(exc).__name__} {exc.smtp_code}"
    except (OSError, ValueError) as exc:
        reason = type(exc).__name__
    raise TransientError(f"The mail server {url.hostname} can't be used ({reason}).")


def as_mail(sender: str, recipients: list[str], alert: Alert) -> EmailMessage:
    """Return the mail; its headers are single lines, whatever the alert says."""
    mail = EmailMessage(policy=SMTP)
    subject = " ".join(f"[Flux] {alert.severity}: {_whose(alert)}{alert.message}".split())
    mail["Subject"] = shortened(printable(subject), LONGEST_SUBJECT)
    mail["From"], mail["To"] = sender, ", ".join(recipients)
    mail["Date"] = format_datetime(alert.opened_at)
    mail["Message-ID"] = f"<{alert.id}@{sender.rpartition('@')[2]}>"
    # So that no holiday notice is sent back (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"{_whose(alert)}{printable(alert.message)}\n\n"
        f"Noticed at {alert.opened_at:%Y-%m-%d %H:%M} UTC: {alert.kind}, {printable(alert.about)}.\n"
        f"`flux alerts acknowledge {alert.short_id}` notes that you know; `flux alerts list` shows what is not over.\n"
    )
    return mail


def _whose(alert: Alert) -> str:
    return f"{alert.slug}: " if alert.slug else ""


@contextmanager
def _connection(url: SplitResult) -> Iterator[smtplib.SMTP]:
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    with smtp:
        smtp.ehlo_or_helo_if_needed()
        is_encrypted = url.scheme == "smtps"
        if not is_encrypted and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            is_encrypted = True
        if url.username:
            if not is_encrypted and not _is_this_machine(host):
                raise TransientError(
                    f"The mail server {host} offers no encryption, so it does not get the password. Use its port with "
                    "STARTTLS, or smtps://."
                )
            smtp.login(unquote(url.username), unquote(url.password or ""))
        yield smtp


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
