"""An OpenID provider that is not ours, in a process of its own: `python -m tests.api.foreign_provider` prints its address, then serves."""

from __future__ import annotations

import json
import sys
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from idpyoidc.message.oidc.session import EndSessionRequest
from idpyoidc.server import Server
from idpyoidc.server.oidc.authorization import Authorization
from idpyoidc.server.oidc.provider_config import ProviderConfiguration
from idpyoidc.server.oidc.session import Session
from idpyoidc.server.oidc.token import Token
from idpyoidc.server.oidc.userinfo import UserInfo
from idpyoidc.server.user_authn.user import NoAuthn
from idpyoidc.server.user_info import UserInfo as People

SECRET = "a-secret-shared-with-the-tests-alone"
CLIENT, UNSIGNED = "quartiers", "quartiers-unsigned"
KEYS = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
CRYPT = {
    "kwargs": {
        "keys": {"key_defs": [{"type": "OCT", "use": ["enc"], "kid": kid, "bytes": 24} for kid in ("password", "salt")]}
    }
}
PEOPLE = {
    "ines": {"sub": "1", "email": "ines.morvan@roubaix.example", "email_verified": True},
    "liar": {"sub": "2", "email": "ines.morvan@roubaix.example", "email_verified": False},
    "silent": {"sub": "3", "email": "ines.morvan@roubaix.example"},
    "stranger": {"sub": "4", "email": "nobody@example.org", "email_verified": True},
}


class AnybodyNamed(NoAuthn):
    """Whoever is named by `/become/NAME` is signed in at once."""

    now: ClassVar[str] = "ines"

    def authenticated_as(self, *args: Any, **given: Any) -> Any:
        self.user = AnybodyNamed.now
        return super().authenticated_as(*args, **given)


def provider(issuer: str, back: str) -> Server:
    client = {
        "client_secret": SECRET, "redirect_uris": [(f"{back}/connexion/fournisseur/retour", {})], "response_types_supported": ["code"],
        "post_logout_redirect_uris": [(f"{back}/connexion", "")], "token_endpoint_auth_method": "client_secret_post", "allowed_scopes": ["openid", "email"],
    }  # fmt: skip
    conf = {
        "issuer": issuer,
        "httpc_params": {},
        "key_conf": {"key_defs": KEYS, "uri_path": "jwks.json"},
        "endpoint": {
            "provider_config": {"path": ".well-known/openid-configuration", "class": ProviderConfiguration, "kwargs": {}},
            "authorization": {"path": "authorization", "class": Authorization, "kwargs": {}},
            "token": {"path": "token", "class": Token, "kwargs": {"client_authn_method": ["client_secret_post"]}},
            "userinfo": {"path": "userinfo", "class": UserInfo, "kwargs": {"client_authn_method": ["bearer_header"]}},
            "session": {"path": "end_session", "class": Session, "kwargs": {"signing_alg": "ES256", "logout_verify_url": f"{issuer}/verify"}},
        },
        "token_handler_args": {
            "code": {"kwargs": {"lifetime": 600, "crypt_conf": CRYPT}},
            "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600, "aud": [issuer]}},
            "id_token": {"class": "idpyoidc.server.token.id_token.IDToken", "kwargs": {}},
        },
        "userinfo": {"class": People, "kwargs": {"db": PEOPLE}},
        "authentication": {"anon": {"acr": "anybody", "class": AnybodyNamed, "kwargs": {"user": "ines"}}},
        "add_ons": {"pkce": {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support", "kwargs": {"essential": True, "code_challenge_methods": {"S256": None}}}},
        "claims_interface": {"class": "idpyoidc.server.session.claims.ClaimsInterface", "kwargs": {}},
        "session_params": {"encrypter": CRYPT},
    }  # fmt: skip
    made = Server(conf)
    made.context.cdb[CLIENT] = {**client, "userinfo_signed_response_alg": "RS256"}
    made.context.cdb[UNSIGNED] = client
    for known in (CLIENT, UNSIGNED):
        made.context.keyjar.add_symmetric(known, SECRET)
    return made


class Answers(BaseHTTPRequestHandler):
    """What a browser and a client ask of it."""

    server_of: ClassVar[Server]

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path.strip("/"), urlsplit(self.path).query
        if path.startswith("become/"):
            AnybodyNamed.now = path.partition("/")[2]
            self._say(200, "")
        elif path == "jwks.json":
            self._say(200, json.dumps(self.server_of.context.keyjar.export_jwks()))
        elif path == "end_session":
            self._leave({name: values[0] for name, values in parse_qs(query).items()})
        else:
            names = {".well-known/openid-configuration": "provider_config"}
            self._ask(names.get(path, path), {name: values[0] for name, values in parse_qs(query).items()})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._ask("token", {name: values[0] for name, values in parse_qs(body).items()})

    def _ask(self, name: str, asked: dict[str, str]) -> None:
        endpoint = self.server_of.get_endpoint(name)
        info = {
            "headers": {key.lower(): value for key, value in self.headers.items()},
            "method": self.command,
            "url": self.path,
        }
        request = endpoint.parse_request(asked, http_info=info)
        found = request if "error" in request else endpoint.process_request(request, http_info=info)
        if "error" in found:
            self._say(400, found.to_json() if hasattr(found, "to_json") else json.dumps(dict(found)))
            return
        if "redirect_location" in found:
            self._say(303, "", {"Location": found["redirect_location"]})
            return
        answer = endpoint.do_response(request=request, **dict(found))
        if answer.get("response_placement", endpoint.response_placement) == "url":
            self._say(303, "", {"Location": answer["response"]})
        else:
            self._say(200, answer["response"], {name.title(): value for name, value in answer["http_headers"]})

    def _leave(self, asked: dict[str, str]) -> None:
        """Whether it knows the token that it is shown as one of its own, and where it then leads."""
        request = EndSessionRequest(**asked)
        known = request.verify(keyjar=self.server_of.context.keyjar, sigalg="")
        self._say(
            303 if known else 400, "", {"Location": f"{request['post_logout_redirect_uri']}?state={request['state']}"}
        )

    def _say(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing is said of what was asked."""


def main(back: str) -> None:
    warnings.simplefilter("ignore")
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    issuer = f"http://127.0.0.1:{listening.server_port}"
    Answers.server_of = provider(issuer, back)
    sys.stdout.write(f"{issuer}\n")
    sys.stdout.flush()
    listening.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
