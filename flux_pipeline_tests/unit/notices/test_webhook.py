"""Webhooks against a real web server: signed so that a receiver can check them, and discreet about the URL."""

import base64
import datetime as dt
import json
import logging
import re
import textwrap
import time
import uuid
from typing import Any

import pytest
from pydantic import SecretStr

from flux_pipeline.errors import TransientError
from flux_pipeline.notices.webhook import send_webhook, signature
from flux_pipeline.records.alerts import Alert, AlertStatus, Channel, Severity
from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline_tests.receivers import webhook_receiver

KEY = bytes(range(32))
ALERT = Alert(
    id=uuid.UUID("2fe0d0f1-7a53-4b5e-9d8c-0a1b2c3d4e5f"),
    slug="bistro",
    kind="run_failed",
    about="demand_forecasts",
    severity=Severity.CRITICAL,
    status=AlertStatus.OPEN,
    message="demand_forecasts failed: Café has no sales.",
    opened_at=dt.datetime(2026, 3, 1, 5, 30, tzinfo=dt.UTC),
    closed_at=None,
    acknowledged_by=None,
    delivery_error=None,
    unsent=frozenset(Channel),
)


def test_a_message_is_one_json_object_that_its_signature_proves() -> None:
    with webhook_receiver() as received:
        send_webhook(SecretStr(received.url), KEY, ALERT)
    ((path, headers, body),) = received.requests
    assert path == "/hooks/a-secret-path" and headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == str(ALERT.id)
    assert abs(int(headers["webhook-timestamp"]) - dt.datetime.now().timestamp()) < 60
    message = json.loads(body)
    assert message["type"] == "alert.opened"
    assert message["data"] == {
        "id": str(ALERT.id),
        "restaurant": "bistro",
        "kind": "run_failed",
        "about": "demand_forecasts",
        "severity": "critical",
        "message": "demand_forecasts failed: Café has no sales.",
        "opened_at": "2026-03-01T05:30:00+00:00",
    }


def test_the_check_that_the_page_for_operators_shows_finds_a_changed_or_an_old_message() -> None:
    page = (PROJECT_DIR / "docs" / "operations.md").read_text()
    (block,) = re.findall(r"^    import base64, .*?(?=^\S)", page, re.MULTILINE | re.DOTALL)
    shown: dict[str, Any] = {}
    exec(textwrap.dedent(block), shown)
    is_from_flux, secret = shown["is_from_flux"], "whsec_" + base64.b64encode(KEY).decode()
    now = int(time.time())
    headers = signature(KEY, "1", now, b"{}")
    assert is_from_flux(headers, b"{}", secret)
    assert not is_from_flux(headers, b"{ }", secret)
    assert not is_from_flux(headers | {"webhook-timestamp": str(now + 1)}, b"{}", secret)
    assert not is_from_flux(signature(KEY, "1", now - 400, b"{}"), b"{}", secret)


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the specification's reference libraries.
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [302, 307, 401, 500])
def test_any_other_answer_than_success_is_an_error_and_no_redirect_is_followed(status: int) -> None:
    with webhook_receiver() as received:
        received.answers = [status, 200]
        with pytest.raises(TransientError, match=f"127.0.0.1 answered {status} instead of 2xx") as caught:
            send_webhook(SecretStr(received.url), KEY, ALERT)
    assert len(received.requests) == 1
    assert ("not followed" in str(caught.value)) == (status < 400)


@pytest.mark.parametrize("is_there", [True, False])
def test_neither_errors_nor_logs_show_more_of_the_url_than_its_host(
    caplog: pytest.LogCaptureFixture, is_there: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    with webhook_receiver() as received:
        received.answers = [500]
        url = received.url
        if is_there:
            with pytest.raises(TransientError) as caught:
                send_webhook(SecretStr(url), KEY, ALERT)
    if not is_there:
        with pytest.raises(TransientError, match=r"127.0.0.1 can't be reached \(ConnectionError\)") as caught:
            send_webhook(SecretStr(url), KEY, ALERT)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    said = str(caught.value) + caplog.text
    assert "secret-path" not in said and "pass-word" not in said
