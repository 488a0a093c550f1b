"""Receivers of alerts on this machine: a web server and a mail server that keep what they get."""

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    """What a server got, and what it answers: `answers` in turn, the last one for ever."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    mails: list[tuple[list[str], str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [204])

    def answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def webhook_receiver() -> Iterator[Received]:
    """Serve a web server that keeps each request and answers a status."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.requests.append((self.path, dict(self.headers), body))
            self.send_response(received.answer())
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        received.url = f"http://user:pass-word@127.0.0.1:{server.server_port}/hooks/a-secret-path"
        yield received


@contextlib.contextmanager
def mail_receiver(
    *, extensions: tuple[str, ...] = (), refuses: str = "nobody@", tls: ssl.SSLContext | None = None
) -> Iterator[Received]:
    """Serve a mail server (RFC 5321) that keeps each mail; it refuses recipients that begin with `refuses`.

    With `tls` it encrypts: after STARTTLS if that is among the extensions, else from the start.
    """
    received = Received(answers=[250])

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def encrypt(self) -> None:
            assert tls is not None
            self.connection = tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

        def handle(self) -> None:
            if tls and "STARTTLS" not in extensions:
                self.encrypt()
            self.say("220 test")
            recipients: list[str] = []
            while command := self.rfile.readline().decode().rstrip("\r\n"):
                received.commands.append(command)
                verb = command[:4].upper()
                if verb == "EHLO":
                    for line in ("test", *extensions[:-1]):
                        self.say(f"250-{line}")
                    self.say(f"250 {(('test', *extensions)[-1])}")
                elif verb == "RCPT":
                    address = command.partition("<")[2].partition(">")[0]
                    is_refused = address.startswith(refuses)
                    recipients += [] if is_refused else [address]
                    self.say("550 unknown" if is_refused else "250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) != b".\r\n":
                        lines.append(line.decode())
                    status = received.answer()
                    if status == 250:
                        received.mails.append((recipients, "".join(lines)))
                    self.say(f"{status} done")
                elif verb == "STAR" and tls:
                    self.say("220 go on")
                    self.encrypt()
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say({"AUTH": "235 ok", "STAR": "454 not now"}.get(verb, "250 ok"))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        received.url = f"smtp://kim:pass%2Fword@127.0.0.1:{server.server_address[1]}"
        yield received
