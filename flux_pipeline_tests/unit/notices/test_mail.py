"""Mails against a real mail server: readable, with headers that no text can add to, and a guarded password."""

import email
import ssl
import subprocess
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from pydantic import SecretStr

from flux_pipeline.errors import TransientError
from flux_pipeline.notices import mail
from flux_pipeline.notices.mail import as_mail, send_mail
from flux_pipeline_tests.receivers import mail_receiver
from flux_pipeline_tests.unit.notices.test_webhook import ALERT

TO = ["kim@bistro.example", "maria@bistro.example"]


def test_every_recipient_gets_the_alert_in_words() -> None:
    with mail_receiver(extensions=("AUTH PLAIN LOGIN",)) as received:
        send_mail(SecretStr(received.url), "flux@bistro.example", TO, ALERT)
    ((recipients, text),) = received.mails
    sent = email.message_from_string(text, policy=default)
    assert recipients == TO and sent["To"] == ", ".join(TO) and sent["From"] == "flux@bistro.example"
    assert sent["Subject"] == "[Flux] critical: bistro: demand_forecasts failed: Café has no sales."
    assert sent["Message-ID"] == f"<{ALERT.id}@bistro.example>"
    body = sent.get_content()
    assert "bistro: demand_forecasts failed: Café has no sales." in body
    assert "flux alerts acknowledge 2fe0d0f1" in body


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_no_text_of_an_alert_adds_a_header(breaks: str) -> None:
    evil = replace(ALERT, slug=None, message=f"A file{breaks}Bcc: eve@evil.example{breaks}{breaks}Hello")
    sent = as_mail("flux@bistro.example", TO, evil).as_bytes()
    read = email.message_from_bytes(sent, policy=default)
    assert read["Bcc"] is None and "[Flux] critical: A file Bcc" in str(read["Subject"])


@pytest.mark.parametrize("status", [451, 554])
def test_a_mail_that_the_server_refuses_is_an_error(status: int) -> None:
    with mail_receiver(extensions=("AUTH PLAIN",)) as received:
        received.answers = [status]
        with pytest.raises(TransientError, match=f"127.0.0.1 can't be used .*{status}"):
            send_mail(SecretStr(received.url), TO[0], TO, ALERT)


def test_a_refused_recipient_does_not_keep_the_mail_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    with mail_receiver(extensions=("AUTH PLAIN",), refuses="maria@") as received:
        send_mail(SecretStr(received.url), TO[0], TO, ALERT)
        with pytest.raises(TransientError, match="refuses every recipient"):
            send_mail(SecretStr(received.url), TO[0], TO[1:], ALERT)
    assert [recipients for recipients, _ in received.mails] == [TO[:1]]
    assert "refuses maria@bistro.example" in caplog.text


def test_a_server_that_is_not_there_is_an_error_without_the_password() -> None:
    with mail_receiver() as received:
        url = received.url
    with pytest.raises(TransientError, match=r"can't be used \(ConnectionRefusedError\)") as caught:
        send_mail(SecretStr(url), TO[0], TO, ALERT)
    assert "pass" not in str(caught.value)


def test_a_server_that_offers_encryption_gets_no_password_without_it() -> None:
    with mail_receiver(extensions=("AUTH PLAIN", "STARTTLS")) as received, pytest.raises(TransientError, match="454"):
        send_mail(SecretStr(received.url), TO[0], TO, ALERT)
    verbs = [command.split()[0].upper() for command in received.commands]
    assert "STARTTLS" in verbs and not {"AUTH", "MAIL"} & set(verbs)


def test_a_distant_server_without_encryption_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    # A name that is not known to be this machine's stands for a distant server.
    monkeypatch.setattr(mail, "_is_this_machine", lambda host: False)
    with mail_receiver(extensions=("AUTH PLAIN",)) as received, pytest.raises(TransientError, match="no encryption"):
        send_mail(SecretStr(received.url), TO[0], TO, ALERT)
    assert not received.mails and not any(command.startswith("AUTH") for command in received.commands)


def certificate_of_this_machine(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for 127.0.0.1; return it and what a server needs to show it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


@pytest.mark.tool("openssl")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_an_encrypted_connection_is_used_only_with_a_trusted_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, is_trusted: bool
) -> None:
    certificate, context = certificate_of_this_machine(tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(mail, "_is_this_machine", lambda host: False)
    extensions = ("AUTH PLAIN", "STARTTLS") if scheme == "smtp" else ("AUTH PLAIN",)
    with mail_receiver(extensions=extensions, tls=context) as received:
        url = SecretStr(received.url.replace("smtp:", f"{scheme}:"))
        if is_trusted:
            send_mail(url, TO[0], TO, ALERT)
        else:
            with pytest.raises(TransientError, match="SSLCertVerificationError"):
                send_mail(url, TO[0], TO, ALERT)
    assert len(received.mails) == is_trusted
    assert any(command.startswith("AUTH") for command in received.commands) == is_trusted
