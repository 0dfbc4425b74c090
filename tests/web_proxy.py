"""nginx as the installation is told to configure it: its paths and ports are the test's own, every other line is the document's; ended by its id."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.test_house_rules import ROOT

PROGRAM = Path("/usr/sbin/nginx")
NAME = "quartiers.example"
INSTALL = ROOT / "docs/operate/install.md"
SECONDS = 20
_AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
{servers}
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it speaks in clear and where over TLS, and the authority that vouches for its certificate."""

    clear: int
    tls: int
    authority: Path


def documented() -> str:
    """The configuration that docs/operate/install.md gives."""
    found = re.search(r"^ {4}server \{$.*^ {4}\}$", INSTALL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


@contextmanager
def proxy_before(port: int, folder: Path) -> Iterator[Proxy]:
    """The proxy before the application that answers at that port, for as long as this lasts."""
    clear, tls = _free_ports(2)
    _certify(folder)
    changes = {
        "listen 80;": f"listen 127.0.0.1:{clear};", "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl", "127.0.0.1:8000": f"127.0.0.1:{port}",
        f"/etc/letsencrypt/live/{NAME}": str(folder),
    }  # fmt: skip
    servers = documented()
    for written, here in changes.items():
        assert written in servers, written
        servers = servers.replace(written, here)
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, servers=servers), encoding="utf-8")
    running = subprocess.Popen([PROGRAM, "-c", folder / "nginx.conf", "-p", folder])
    try:
        _wait_for(tls, running)
        yield Proxy(clear, tls, folder / "authority.pem")
    finally:
        running.terminate()
        running.wait(SECONDS)


def _certify(folder: Path) -> None:
    """An authority of our own, and a certificate that it vouches for, as the public ones do."""
    openssl = shutil.which("openssl")
    assert openssl
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    commands = (
        ["req", "-x509", *key, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-subj", "/CN=Authority of the tests"],
        ["req", *key, "-keyout", "privkey.pem", "-out", "request.pem", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
        ["x509", "-req", "-in", "request.pem", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-copy_extensions", "copy",
         "-days", "2", "-out", "own.pem"],
    )  # fmt: skip
    for command in commands:
        subprocess.run([openssl, *command], cwd=folder, check=True, capture_output=True)
    whole = (folder / "own.pem").read_bytes() + (folder / "authority.pem").read_bytes()
    (folder / "fullchain.pem").write_bytes(whole)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS * 20):
        assert running.poll() is None, "nginx does not take the configuration of docs/operate/install.md"
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not answer")
