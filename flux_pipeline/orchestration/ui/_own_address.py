"""An ASGI middleware that answers only requests which name the server's own address.

Dagster's web server has no login and answers every request that reaches it. Without this check, any page in the browser
of someone who runs `flux ui` could start runs: by a form or a script (another origin), or by a host name that the
page's owner lets point to 127.0.0.1 (another host; "DNS rebinding").
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

DEFAULT_PORTS = {"http": 80, "https": 443}
# What a browser says of a request that a page of another site makes (https://www.w3.org/TR/fetch-metadata/).
FOREIGN_SITES = {"cross-site", "same-site"}
# The status code by which a web socket is closed that breaks a rule (RFC 6455, section 7.4.1).
POLICY_VIOLATION = 1008


class OwnAddressOnly:
    """An ASGI application that passes on requests to one of its origins and refuses all others."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        """Guard an application.

        Args:
            app: the application.
            origins: the addresses at which browsers may reach it, such as "http://127.0.0.1:3000".
        """
        self.app = app
        self.origins = {normal_origin(origin) for origin in origins}
        self.hosts = {origin.partition("://")[2] for origin in self.origins}
        self.first = origins[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it before the application sees it."""
        refusal = self.refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "another address"})
        else:
            await PlainTextResponse(f"{refusal}\n", status_code=403)(scope, receive, send)

    def refusal(self, scope: Scope) -> str | None:
        """Return why a request is refused; None if it isn't."""
        headers = Headers(scope=scope)
        host, origin = headers.getlist("host"), headers.getlist("origin")
        if len(host) != 1 or host[0].lower() not in self.hosts:
            return (
                f"The host {shown(host)} is not an address of this server. Open {self.first} instead, or start it with "
                "`flux ui --public-url URL` if a proxy serves it under an address of its own."
            )
        if any(normal_origin(value) not in self.origins for value in origin):
            return f"A page of {shown(origin)} may not use this server. Open {self.first} instead."
        if headers.get("sec-fetch-site") in FOREIGN_SITES and not is_link(scope, headers):
            return f"A page of another site may not use this server. Open {self.first} instead."
        return None


def normal_origin(origin: str) -> str:
    """Return an origin as browsers write it: in lower case, without a path and without the scheme's default port."""
    parts = urlsplit(origin.strip().lower())
    is_default = parts.netloc.endswith(f":{DEFAULT_PORTS.get(parts.scheme)}")
    return f"{parts.scheme}://{parts.netloc.rpartition(':')[0] if is_default else parts.netloc}"


def is_link(scope: Scope, headers: Headers) -> bool:
    """Return whether a person follows a link to a page, which changes nothing; GraphQL could."""
    follows = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") in ("GET", "HEAD")
    return follows and not scope["path"].rstrip("/").endswith("/graphql")


def shown(values: Sequence[str]) -> str:
    """Return header values for a message, shortened and without characters that a terminal would obey."""
    return ", ".join(ascii(value[:100]) for value in values) or "(none)"
