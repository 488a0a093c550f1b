"""Tests of the check that only requests to the web server's own address are answered."""

import asyncio
from typing import Any

import pytest

from flux_pipeline.orchestration.ui._own_address import OwnAddressOnly

ORIGINS = ["http://127.0.0.1:3000", "http://localhost:3000", "https://flux.example.org"]
OWN = ("host", "127.0.0.1:3000")
ANSWERED = {
    "a program": [OWN],
    "a page of the server": [OWN, ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")],
    "a host name in capitals": [("host", "LOCALHOST:3000")],
    "the proxy's address": [("host", "flux.example.org"), ("origin", "https://flux.example.org")],
    "the proxy's address with its port": [("host", "flux.example.org"), ("origin", "https://flux.example.org:443")],
    "a link on another page": [OWN, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
}
REFUSED = {
    "a name that points here": [("host", "evil.example:3000")],
    "another port": [("host", "127.0.0.1:3001")],
    "a name that begins like ours": [("host", "localhost:3000.evil.example")],
    "no host": [],
    "two hosts": [OWN, ("host", "evil.example")],
    "a page of another site": [OWN, ("origin", "http://evil.example")],
    "a page of another port": [OWN, ("origin", "http://127.0.0.1:8080")],
    "a page of our name without TLS": [("host", "flux.example.org"), ("origin", "http://flux.example.org")],
    "a page without an origin of its own": [OWN, ("origin", "null")],
    "two origins": [OWN, ("origin", ORIGINS[0]), ("origin", "http://evil.example")],
    "an image on another page": [OWN, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
    "a page of another subdomain": [OWN, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")],
}


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"answered"})


def ask(headers: list[tuple[str, str]], **more: str) -> list[dict[str, Any]]:
    """Send a request through the check; return the messages of the answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/graphql", **more}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers]
    asyncio.run(OwnAddressOnly(application, ORIGINS)(scope, receive, send))
    return sent


@pytest.mark.parametrize("name", ANSWERED)
def test_a_request_to_the_own_address_is_answered(name: str) -> None:
    assert ask(ANSWERED[name], path="/runs")[0]["status"] == 200


@pytest.mark.parametrize("name", REFUSED)
def test_any_other_request_is_refused(name: str) -> None:
    start, body = ask(REFUSED[name])
    assert start["status"] == 403
    assert b"Open http://127.0.0.1:3000 instead" in body["body"]


def test_a_link_of_another_page_to_a_query_is_refused() -> None:
    assert ask(ANSWERED["a link on another page"], path="/graphql")[0]["status"] == 403
    assert ask(ANSWERED["a link on another page"], path="/runs", method="POST")[0]["status"] == 403


def test_a_web_socket_of_another_page_is_closed() -> None:
    assert ask(REFUSED["a page of another site"], type="websocket")[0]["type"] == "websocket.close"


def test_a_refusal_obeys_no_control_character_of_the_request() -> None:
    _, body = ask([("host", "evil\x1b[2J")])
    assert b"\x1b" not in body["body"]
