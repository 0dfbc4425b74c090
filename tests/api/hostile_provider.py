"""An identity provider that lies: it answers over HTTP on this machine, and signs whatever a test wants it to say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT = "quartiers"


@dataclass
class Lies:
    """What it says: its own metadata, the claims of its tokens, and how they are signed."""

    issuer: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256"})
    signed_by: Any = None
    swapped: bool = False
    """What says who somebody is comes in place of what says that they signed in."""
    own: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "own", "use": "sig"}))
    others: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "own"}))

    def sign(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] in ("none", "HS256"):
            return _by_hand(self.header, claims, self.own.as_pem(private=False))
        key = self.signed_by or self.own
        return str(jwt.encode({"kid": "own", **self.header}, claims, key, algorithms=[self.header["alg"]]))


def _by_hand(header: dict[str, Any], claims: dict[str, Any], public: bytes) -> str:
    """Not signed at all; or by the public key, which everybody may read, as if it were a secret that two share. No library would."""
    said = ".".join(_base64(json.dumps(part).encode()) for part in ({"typ": "JWT", "kid": "own", **header}, claims))
    signature = hmac.new(public, said.encode(), hashlib.sha256).digest() if header["alg"] == "HS256" else b""
    return f"{said}.{_base64(signature)}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def lying(lies: Lies, nonce: Any, now: int) -> Iterator[str]:
    """Serve it on this machine; `nonce()` gives what the browser's attempt asked for."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/.well-known"):
                names = ("authorization", "token", "userinfo")
                known = {f"{name}_endpoint": f"{lies.issuer}/{name}" for name in names}
                self._say(
                    json.dumps({"issuer": lies.issuer, "jwks_uri": f"{lies.issuer}/keys", **known, **lies.metadata})
                )
            elif self.path == "/keys":
                self._say(json.dumps({"keys": [lies.own.as_dict(private=False)]}))
            else:
                self._say(lies.sign(about()), "application/jwt")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            token = lies.sign(about() if lies.swapped else {**who(), "nonce": nonce(), **lies.claims})
            self._say(json.dumps({"id_token": token, "access_token": "a"}))

        def _say(self, body: str, kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Nothing is said of what was asked."""

    def who() -> dict[str, Any]:
        return {"iss": lies.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300}

    def about() -> dict[str, Any]:
        known = {
            "iss": lies.issuer,
            "aud": CLIENT,
            "sub": "1",
            "email": "ines.morvan@roubaix.example",
            "email_verified": True,
        }
        return {**known, **lies.about}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    lies.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield lies.issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
