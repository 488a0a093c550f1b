"""Server of the stand-in, on loopback: it answers as the services outside do, each day the same.

It has no faults. A test gives it a function that changes an answer before it is sent.
"""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from flux_pipeline.demo.stand_in._calendars import calendar
from flux_pipeline.demo.stand_in._events import predicthq, ticketmaster
from flux_pipeline.demo.stand_in._exchange import Answer, Asked, as_json
from flux_pipeline.demo.stand_in._weather import weather

Tamper = Callable[[Asked, Answer], Answer]


class StandIn:
    """A running stand-in.

    Attributes:
        url: its address, for example http://127.0.0.1:40123.
        today: the day that it takes for today; it can be set while it runs.
        requests: what it was asked, in order.
    """

    def __init__(self, url: str, today: dt.date, tamper: Tamper | None = None) -> None:
        self.url, self.today = url, today
        self.requests: list[Asked] = []
        self._tamper = tamper
        self._lock = threading.Lock()

    def answer(self, target: str, headers: dict[str, str]) -> Answer:
        """Return the answer to a request for `target`, a path with its query."""
        url = urlsplit(target)
        with self._lock:
            number = len(self.requests) + 1
            asked = Asked(number, unquote(url.path), dict(parse_qsl(url.query)), headers, self.url)
            self.requests.append(asked)
        answer = self._from_world(asked)
        return self._tamper(asked, answer) if self._tamper else answer

    def _from_world(self, asked: Asked) -> Answer:
        if asked.path in {"/v1/forecast", "/v1/archive"}:
            return weather(asked, self.today)
        if asked.path == "/discovery/v2/events.json":
            return ticketmaster(asked, self.today)
        if asked.path.rstrip("/") == "/v1/events":
            return predicthq(asked, self.today)
        found = calendar(asked.path, self.today)
        return as_json({"error": True, "reason": "Not Found"}, 404) if found is None else found


@contextlib.contextmanager
def serve(today: dt.date, tamper: Tamper | None = None) -> Iterator[StandIn]:
    """Serve the simulated world as it is known on `today`; `tamper` may change each answer before it is sent."""
    stand_in = StandIn("", today, tamper)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet; in two, the second waits 40 ms for the first one's receipt.
        wbufsize = -1

        def do_GET(self) -> None:
            answer = stand_in.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            pieces = [answer.body] if isinstance(answer.body, bytes) else answer.body
            length = len(answer.body) if isinstance(answer.body, bytes) else 0
            # Whoever reads less than was announced must not wait for the rest.
            self.close_connection = answer.length is not None
            self.send_response(answer.status)
            fields = {"Content-Type": answer.content_type, "Content-Length": str(answer.length or length)}
            for name, value in (fields | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        stand_in.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
