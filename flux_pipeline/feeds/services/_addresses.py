"""Addresses of services: which can be used, which belong to this machine, and what a person corrects."""

import ipaddress
import socket
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import requests
from pydantic import SecretStr

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class Access:
    """How a service is called in sentences, and the key that it knows Flux by.

    Attributes:
        name: the name of the service.
        address_setting: what a person corrects if its address is wrong.
        key: the secret, if the service needs one.
        key_setting: the setting that holds it.
        key_parameter: the parameter of the query that carries it; without one, it is sent as a bearer token.
    """

    name: str
    address_setting: str
    key: SecretStr | None = None
    key_setting: str = ""
    key_parameter: str = ""


def usable(address: str, access: Access) -> SplitResult:
    url = split(address)
    if url is None:
        raise PermanentError(
            f"{access.name} has an address that can't be used; expected https://host. Check {access.address_setting}."
        )
    if access.key and url.scheme == "http" and not is_this_machine(url):
        raise PermanentError(
            f"{access.name} at {url.hostname} would get the key unencrypted. Set {access.address_setting} to https://."
        )
    return url


def split(address: str) -> SplitResult | None:
    """Return the parts of an http(s) URL with a host, None for anything else."""
    try:
        url = urlsplit(address)
        # requests refuses it too, but with an error that quotes it.
        requests.Request("GET", address).prepare()
        is_one = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        return None
    return url if is_one else None


def is_this_machine(url: SplitResult) -> bool:
    """Return whether a host is this machine by its name or its address, in any form that a system takes."""
    host = (url.hostname or "").rstrip(".")
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host)
    except ValueError:
        try:
            # 127.1 and 0x7f000001.
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return host == "localhost" or host.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def in_words(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return str(status)
