"""Another tool on this machine: a real HTTPS server under a name of its own, that answers what it is told to and remembers what it was told."""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from notifications.webhooks import Address, Teller, addresses_of, is_public

NAME = "outil.example"


@dataclass
class Request:
    """What came in."""

    path: str
    host: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Tool:
    """What it was told, and what to answer next: 200 when nothing else is said."""

    folder: Path
    told: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    always: int = 200
    seconds: float = 0
    port: int = 0

    @contextmanager
    def running(self) -> Iterator[Tool]:
        own = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                own.told.append(Request(self.path, self.headers["host"], {k.lower(): v for k, v in self.headers.items()}, body))  # fmt: skip
                time.sleep(own.seconds)
                status = own.answers.pop(0) if own.answers else own.always
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"https://{NAME}:{own.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.port = server.server_address[1]
        self._make_certificate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "tool.pem", self.folder / "tool.key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def url(self, path: str = "/lignes?de=qp") -> str:
        return f"https://{NAME}:{self.port}{path}"

    def teller(self, *, trusted: bool = True, here: bool = True) -> Teller:
        """One that trusts this tool, and may connect to this machine; without, as in a deployment."""
        trust = ssl.create_default_context(cafile=str(self.folder / "tool.pem")) if trusted else ssl.create_default_context()  # fmt: skip
        return Teller(trust, _anywhere if here else is_public, _here)

    def _make_certificate(self) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
             "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
             "-keyout", str(self.folder / "tool.key"), "-out", str(self.folder / "tool.pem")],
            check=True, capture_output=True,
        )  # fmt: skip


def _anywhere(_: Address) -> bool:
    return True


async def _here(name: str, port: int) -> list[Address]:
    """The tool's name leads to this machine; the others where they lead."""
    return [ipaddress.ip_address("127.0.0.1")] if name == NAME else await addresses_of(name, port)
