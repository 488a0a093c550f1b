"""Requests to services, against a real server: repeated when that may help, bounded, and discreet."""

import contextlib
import datetime as dt
import gzip
import logging
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from flux_pipeline.demo.stand_in._exchange import Answer, Asked
from flux_pipeline.demo.stand_in.server import StandIn, Tamper, serve
from flux_pipeline.errors import FluxError, PermanentError, TransientError
from flux_pipeline.feeds.services import _client
from flux_pipeline.feeds.services._addresses import Access, is_this_machine
from flux_pipeline.feeds.services._budget import MOST_SECONDS, Timing
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.settings import Settings, load_settings
from flux_pipeline_tests import feeds_faults as faults
from flux_pipeline_tests.unit.feeds.timing import Pauses

TODAY = dt.date(2026, 11, 20)
KEY = "hunter2-key"
PATH = "/calendars/a-secret-path.ics"
OPEN = Access("The service", "FLUX_SERVICE_URL")
IN_QUERY = Access("The service", "FLUX_SERVICE_URL", SecretStr(KEY), "FLUX_SERVICE_KEY", "apikey")
AS_TOKEN = Access("The service", "FLUX_SERVICE_URL", SecretStr(KEY), "FLUX_SERVICE_KEY")


def settings(**values: float) -> Settings:
    return load_settings(home=Path("/nowhere/.flux"), **values)


def body(content: bytes = b"content", **fields: object) -> Tamper:
    return lambda asked, answer: Answer(content, **fields)


def of_content(tamper: Tamper) -> Tamper:
    return lambda asked, _: tamper(asked, Answer(b"content"))


def one_of(first: Tamper, rest: Tamper) -> Tamper:
    return lambda asked, answer: (first if asked.number == 1 else rest)(asked, answer)


def get(server: StandIn, client: Client, path: str = PATH) -> bytes:
    return client.get(client.budget(), f"{server.url}{path}", {"q": "a-secret-query"}, reason_field="reason")


def failure(tamper: Tamper, access: Access = OPEN, **values: float) -> tuple[FluxError, StandIn, Pauses]:
    pauses = Pauses()
    with serve(TODAY, of_content(tamper)) as server, pytest.raises(FluxError) as caught:
        get(server, Client(access, settings(**values), pauses.timing()))
    return caught.value, server, pauses


def success(tamper: Tamper) -> tuple[StandIn, Pauses]:
    pauses = Pauses()
    with serve(TODAY, of_content(tamper)) as server:
        assert get(server, Client(OPEN, settings(), pauses.timing())) == b"content"
    return server, pauses


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_asked_again_with_longer_pauses(code: int) -> None:
    error, server, pauses = failure(faults.status(code))
    assert isinstance(error, TransientError)
    assert len(server.requests) == 4
    assert [int(each) for each in pauses.seconds] == [0, 1, 2]
    assert len({each % 1 for each in pauses.seconds}) == 3
    assert re.fullmatch(
        rf"The service at 127.0.0.1 answers {code} \(.+\), after 4 requests. Try again later.", str(error)
    )


def test_an_answer_after_two_failures_is_taken() -> None:
    server, _ = success(faults.status(500, times=2))
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (204, "answers 204 (no content); expected 200. Check FLUX_SERVICE_URL."),
        (400, "answers 400 (bad request); expected 200. Check FLUX_SERVICE_URL."),
        (401, "answers 401 (unauthorized); expected 200. Set FLUX_SERVICE_KEY to a valid key."),
        (403, "answers 403 (forbidden); expected 200. Set FLUX_SERVICE_KEY to a valid key."),
        (404, "answers 404 (not found); expected 200. Check FLUX_SERVICE_URL."),
        (799, "answers 799; expected 200. Check FLUX_SERVICE_URL."),
    ],
)
def test_a_refusal_is_final(code: int, says: str) -> None:
    error, server, _ = failure(faults.status(code), AS_TOKEN)
    assert isinstance(error, PermanentError)
    assert str(error) == f"The service at 127.0.0.1 {says}"
    assert len(server.requests) == 1


def test_the_reason_of_a_refusal_is_shown_without_the_key() -> None:
    error, _, _ = failure(body(f'{{"reason": "No \\u001b[31m {KEY}"}}'.encode(), status=400), IN_QUERY)
    assert "It says: 'No \\u001b[31m ***'. Check" in str(error)


def test_the_reason_of_a_limit_is_shown() -> None:
    error, _, _ = failure(body(b'{"reason": "Daily API request limit exceeded."}', status=429))
    assert str(error).endswith("after 4 requests. It says: 'Daily API request limit exceeded.'. Try again later.")


@pytest.mark.parametrize("content", [b"no json", b"[1]", b"{}", b"\xff", b"[" * 9_000])
def test_a_refusal_without_a_reason_is_shown_without_one(content: bytes) -> None:
    error, _, _ = failure(body(content, status=400))
    assert str(error).endswith("answers 400 (bad request); expected 200. Check FLUX_SERVICE_URL.")


@pytest.mark.parametrize("as_date", [False, True])
def test_the_wait_that_the_service_asks_for_is_kept(as_date: bool) -> None:
    server, pauses = success(faults.busy(20, as_date=as_date))
    assert len(server.requests) == 2
    assert pauses.seconds == [pytest.approx(20, abs=1.5)]


@pytest.mark.parametrize("as_date", [False, True])
def test_a_longer_wait_than_a_minute_is_left_to_the_next_fetch(as_date: bool) -> None:
    error, server, pauses = failure(faults.busy(7200, as_date=as_date))
    then = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    moments = {f"{then - dt.timedelta(minutes=each):%Y-%m-%d %H:%M} UTC" for each in (0, 1)}
    assert isinstance(error, TransientError)
    assert any(f"Try again after {each}." in str(error) for each in moments)
    assert len(server.requests) == 1 and not pauses.seconds


@pytest.mark.parametrize(
    "value", ["soon", "-5", "9" * 5000, "Fri, 99 Foo 2026 99:99:99 GMT", "Fri, 01 Jan 99999 00:00:00"]
)
def test_a_wait_in_no_known_form_is_none(value: str) -> None:
    server, pauses = success(faults.status(503, times=1, headers={"Retry-After": value}))
    assert len(server.requests) == 2 and pauses.seconds[0] < 1


def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    server, _ = success(faults.cut(times=2))
    assert len(server.requests) == 3
    error, server, _ = failure(faults.cut())
    assert isinstance(error, TransientError) and len(server.requests) == 4
    assert "sends an answer that breaks off or is damaged (ProtocolError), after 4 requests" in str(error)


def test_a_slow_answer_is_asked_for_again() -> None:
    error, server, _ = failure(faults.slow(0.2), feed_timeout_seconds=0.05)
    assert isinstance(error, TransientError) and len(server.requests) == 4
    says = "does not answer in time (0.05 s to go on, 0.15 s for all of it), after 4 requests. Try again later."
    assert str(error) == f"The service at 127.0.0.1 {says}"


@contextlib.contextmanager
def dripping_from_the_first_byte() -> Iterator[tuple[str, list[str]]]:
    """Serve an answer whose header is as slow as its body; yield its address, and the requests that it gets."""
    requests: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            requests.append(self.rfile.readline().decode())
            with contextlib.suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent":
                    self.request.sendall(bytes([byte]))
                    time.sleep(0.03)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
        server.shutdown()


@contextlib.contextmanager
def dripping_body() -> Iterator[tuple[str, list[Asked]]]:
    with serve(TODAY, of_content(faults.dripping(0.04))) as server:
        yield server.url, server.requests


@pytest.mark.parametrize("serving", [dripping_from_the_first_byte, dripping_body])
def test_a_server_that_drips_is_left(serving: Callable[[], AbstractContextManager[tuple[str, list[Any]]]]) -> None:
    client = Client(OPEN, settings(feed_timeout_seconds=0.05), Timing(sleep=lambda _: None))
    begin = time.monotonic()
    with (
        serving() as (url, requests),
        pytest.raises(TransientError, match=r"0\.15 s for all of it\), after 4 requests"),
    ):
        client.get(client.budget(), url)
    assert len(requests) == 4 and time.monotonic() - begin < 2


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_body_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, encoding: str | None) -> None:
    monkeypatch.setattr(_client, "MOST_BYTES", 1_000_000)
    content = b"0" * 2_000_000
    if encoding:
        error, server, _ = failure(body(gzip.compress(content), headers={"Content-Encoding": encoding}))
    else:
        error, server, _ = failure(body(content))
    assert isinstance(error, PermanentError) and len(server.requests) == 1
    assert str(error) == "The service at 127.0.0.1 sends an answer larger than 1 MB. Ask for less."


def test_a_packed_body_is_unpacked_and_a_damaged_one_asked_for_again() -> None:
    packed = gzip.compress(b"content")
    fields = {"headers": {"Content-Encoding": "gzip"}}
    server, _ = success(one_of(body(b"\x1f\x8bno", **fields), body(packed, **fields)))
    assert len(server.requests) == 2


def test_nobody_there_is_an_error_that_may_pass() -> None:
    with serve(TODAY) as server:
        pass
    with pytest.raises(TransientError, match=r"at 127.0.0.1 can't be reached \(ConnectionError\), after 4 requests"):
        get(server, Client(OPEN, settings(), Pauses().timing()))


def test_the_requests_of_one_answer_are_six_with_all_its_pages() -> None:
    pauses = Pauses()
    with serve(TODAY, lambda asked, _: Answer(b"content", 200 if asked.number < 4 else 500)) as server:
        client = Client(OPEN, settings(), pauses.timing())
        budget = client.budget()
        for _ in range(3):
            client.get(budget, server.url)
        with pytest.raises(TransientError, match="after 6 requests"):
            client.get(budget, server.url)
        assert len(server.requests) == 6
        with pytest.raises(TransientError, match="more requests or time than Flux spends"):
            client.get(budget, server.url)
    assert len(server.requests) == 6


def test_the_time_of_one_answer_is_bounded() -> None:
    pauses = Pauses()
    with serve(TODAY, faults.busy(50, times=9)) as server:
        client = Client(OPEN, settings(), pauses.timing())
        budget = client.budget()
        pauses.now += MOST_SECONDS - 70
        with pytest.raises(TransientError):
            client.get(budget, server.url)
    assert pauses.seconds == [50] and len(server.requests) == 2


def test_calls_in_a_minute_are_bounded() -> None:
    pauses = Pauses()
    with serve(TODAY, body()) as server:
        client = Client(OPEN, settings(feed_calls_per_minute=3), pauses.timing())
        for _ in range(3):
            get(server, client)
        pauses.now += 20
        get(server, client)
    assert pauses.seconds == [40]


@pytest.mark.parametrize(
    ("old", "new", "follows"),
    [
        ("https://host/a", "https://other/a", True),
        ("http://host/a", "https://host/a", True),
        ("http://host/a", "http://other/a", True),
        ("https://host/a", "http://host/a", False),
        ("https://host/a", "https://127.0.0.1/a", False),
        ("https://host/a", "https://localhost/a", False),
        ("https://host/a", "https://[::1]/a", False),
    ],
)
def test_a_redirect_is_followed_neither_to_plain_http_nor_into_this_machine(old: str, new: str, follows: bool) -> None:
    client = Client(OPEN, settings(), follows_redirects=True)
    assert client._may_follow(old, _client._Moved(new), 1) == follows


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f000001", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST."],
)
def test_this_machine_is_known_by_each_of_its_names(host: str) -> None:
    assert is_this_machine(urlsplit(f"http://{host}:80/"))


@pytest.mark.parametrize("host", ["128.0.0.1", "example.org", "localhost.example.org", "[2001:db8::1]"])
def test_another_machine_is_not_this_one(host: str) -> None:
    assert not is_this_machine(urlsplit(f"http://{host}/"))


@pytest.mark.parametrize("access", [IN_QUERY, AS_TOKEN])
def test_a_body_that_quotes_the_key_is_read_without_it(access: Access) -> None:
    with serve(TODAY, body(f"Key {KEY} is bad".encode())) as server:
        assert get(server, Client(access, settings())) == b"Key *** is bad"


def redirect(to: str, times: int = 1_000) -> Callable[[Asked, Answer], Answer]:
    def tamper(asked: Asked, _: Answer) -> Answer:
        if asked.number > times:
            return Answer(b"content")
        return Answer(b"", 302, headers={"Location": to.format(base=asked.base)})

    return tamper


@pytest.mark.parametrize("to", ["/elsewhere", "{base}/elsewhere?a=b", "elsewhere"])
def test_a_redirect_is_followed_where_that_is_allowed(to: str) -> None:
    with serve(TODAY, redirect(to, times=3)) as server:
        client = Client(OPEN, settings(), Pauses().timing(), follows_redirects=True)
        assert get(server, client) == b"content"
    assert server.requests[1].path.endswith("/elsewhere") and len(server.requests) == 4
    assert "q" not in server.requests[1].query


@pytest.mark.parametrize(
    ("to", "access", "follows", "requests"),
    [
        ("/again", OPEN, True, 4),
        ("/again", OPEN, False, 1),
        ("/again", AS_TOKEN, True, 1),
        ("/again", IN_QUERY, True, 1),
        ("file:///etc/passwd", OPEN, True, 1),
        ("ftp://127.0.0.1/file", OPEN, True, 1),
        ("http://[::1/path", OPEN, True, 1),
    ],
)
def test_other_redirects_are_not(to: str, access: Access, follows: bool, requests: int) -> None:
    with serve(TODAY, redirect(to)) as server:
        client = Client(access, settings(), Pauses().timing(), follows_redirects=follows)
        with pytest.raises(PermanentError, match=r"a redirect that is not followed\. Set FLUX_SERVICE_URL to the new"):
            get(server, client)
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    "address", ["", "host/path", "ftp://host/secret", "https://", "https://[::1/secret", "https://h:x/"]
)
def test_an_address_that_can_not_be_used_is_refused_without_quoting_it(address: str) -> None:
    client = Client(OPEN, settings(), Pauses().timing())
    with pytest.raises(PermanentError) as caught:
        client.get(client.budget(), address)
    says = "has an address that can't be used; expected https://host. Check FLUX_SERVICE_URL."
    assert str(caught.value) == f"The service {says}"


def test_a_key_is_not_sent_unencrypted_to_another_machine() -> None:
    client = Client(AS_TOKEN, settings(), Pauses().timing())
    with pytest.raises(PermanentError, match=r"at weather\.example would get the key unencrypted"):
        client.get(client.budget(), "http://weather.example/v1/forecast")


def test_a_key_is_sent_as_the_service_wants_it() -> None:
    with serve(TODAY, body()) as server:
        for access in (OPEN, IN_QUERY, AS_TOKEN):
            get(server, Client(access, settings()))
    assert [each.query.get("apikey") for each in server.requests] == [None, KEY, None]
    assert [each.headers.get("authorization") for each in server.requests] == [None, None, f"Bearer {KEY}"]


def test_the_login_of_an_address_is_sent_and_none_of_the_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login kim password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve(TODAY, body()) as server:
        get(server, Client(AS_TOKEN, settings()))
        get(server, Client(OPEN, settings()))
        client = Client(OPEN, settings())
        client.get(client.budget(), server.url.replace("//", "//kim:hunter%2F2@"))
    sent = [each.headers.get("authorization") for each in server.requests]
    assert sent == [f"Bearer {KEY}", None, "Basic a2ltOmh1bnRlci8y"]


def test_this_machine_is_asked_without_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with serve(TODAY, body()) as server:
        assert get(server, Client(OPEN, settings())) == b"content"


def bad_header(_: Asked, __: Answer) -> Answer:
    return Answer(b"no", 500, headers={"X-A": "b\r\nno header at all"})


@pytest.mark.parametrize(
    "tamper",
    [
        faults.status(401),
        faults.status(500),
        faults.busy(999),
        faults.cut(),
        faults.slow(0.2),
        redirect("/x"),
        bad_header,
    ],
)
@pytest.mark.parametrize("access", [IN_QUERY, AS_TOKEN])
def test_no_key_and_no_path_shows_in_errors_logs_and_reprs(
    caplog: pytest.LogCaptureFixture, tamper: Tamper, access: Access
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.util.retry", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    client = Client(access, settings(feed_timeout_seconds=0.1), Pauses().timing())
    with serve(TODAY, tamper) as server, pytest.raises(FluxError) as caught:
        get(server, client)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    contexts = [caught.value, *filter(None, [caught.value.__context__])]
    said = "".join(map(repr, contexts)) + caplog.text + repr(client) + repr(access) + repr(vars(client))
    assert KEY not in said and "secret-path" not in said and "secret-query" not in said
