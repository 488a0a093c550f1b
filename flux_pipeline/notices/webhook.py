"""Webhook: an alert as one JSON message, signed as the Standard Webhooks specification says.

The URL may be a secret itself, so no error and no log names more of it than the host.
"""

import base64
import hashlib
import hmac
import json
import logging
import time
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr

from flux_pipeline.errors import TransientError
from flux_pipeline.records.alerts import Alert

# To connect, and between two pieces of the answer.
TIMEOUTS = (5.0, 10.0)


def send_webhook(url: SecretStr, key: bytes, alert: Alert) -> None:
    """Post the alert; every attempt has the same `webhook-id`, by which a receiver knows it again.

    Args:
        url: the receiver.
        key: the key of the signature.
        alert: what to send.

    Raises:
        TransientError: the receiver can't be reached, or answers with another status than 2xx; a redirect is one.
    """
    # At its level DEBUG it would log the path.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    address = url.get_secret_value()
    host = urlsplit(address).hostname
    body = as_json(alert)
    headers = {"Content-Type": "application/json", **signature(key, str(alert.id), int(time.time()), body)}
    try:
        # The answer's body is not read.
        with requests.post(
            address, data=body, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True
        ) as answer:
            status = answer.status_code
    except (OSError, ValueError) as exc:
        raise TransientError(f"The webhook at {host} can't be reached ({type(exc).__name__}).") from None
    if not 200 <= status < 300:
        hint = " Redirects are not followed; set FLUX_ALERT_WEBHOOK_URL to the new address." * (300 <= status < 400)
        raise TransientError(f"The webhook at {host} answered {status} instead of 2xx.{hint}")


def as_json(alert: Alert) -> bytes:
    """Return the body of the message."""
    data = {
        "id": str(alert.id),
        "restaurant": alert.slug,
        "kind": alert.kind,
        "about": alert.about,
        "severity": alert.severity,
        "message": alert.message,
        "opened_at": alert.opened_at.isoformat(),
    }
    return json.dumps({"type": "alert.opened", "timestamp": data["opened_at"], "data": data}).encode()


def signature(key: bytes, message_id: str, sent_at: int, body: bytes) -> dict[str, str]:
    """Return the headers that prove who sent the body and when: HMAC-SHA256 of "id.time.body" (RFC 2104)."""
    signed = f"{message_id}.{sent_at}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(sent_at), "webhook-signature": f"v1,{digest}"}
