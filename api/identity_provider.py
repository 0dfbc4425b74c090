"""The identity provider (OpenID Connect, as ProConnect speaks it): where people are sent, and who comes back, by signatures alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Self, cast
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from api.settings import Settings
from cases.clock import Clock

PATIENCE: Final = 5.0
"""Seconds: somebody is waiting."""
KEPT: Final = timedelta(hours=1)
"""How long its addresses and its keys are known before they are asked for again."""
SIGNED_BY: Final = ["RS256", "PS256", "ES256"]
"""Signatures by a key that the provider alone has: never by a shared secret, never none."""
_LEEWAY: Final = 60
_CLAIMS: Final = ("iss", "sub", "aud")


class ProviderAway(Exception):
    """The provider does not answer, or not as it should; the sentence can be shown."""

    def __init__(self) -> None:
        super().__init__("Ce service d’identité ne répond pas : entrez par un courriel, ou réessayez plus tard.")


class ProviderRefused(Exception):
    """What came back lets nobody in; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One coming in that is under way: what must come back unchanged, and what proves that it is the same browser."""

    state: str
    nonce: str
    verifier: str
    next_page: str

    @classmethod
    def new(cls, next_page: str) -> Self:
        """One that nobody can guess."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next_page)

    @property
    def challenge(self) -> str:
        """What is shown of the verifier (PKCE, RFC 7636: S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for: its own id of them, their address, and what it must be shown when they leave."""

    issuer: str
    subject: str
    email: str
    id_token: str


class Provider:
    """The provider of the settings; nothing is asked of it before somebody comes that way."""

    def __init__(self, chosen: Settings, clock: Clock) -> None:
        self._chosen, self._clock, self._issuer = chosen, clock, chosen.oidc_issuer.rstrip("/")
        self._known: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at: datetime | None = None

    @classmethod
    def of(cls, chosen: Settings, clock: Clock) -> Self:
        """That of the settings."""
        return cls(chosen, clock)

    @property
    def name(self) -> str:
        """Its name, on its button; nothing when there is no provider."""
        return self._chosen.oidc_name if self._issuer else ""

    async def close(self) -> None:
        """Let the connections go."""
        if "_client" in vars(self):
            await self._client.aclose()

    async def way_in(self, attempt: Attempt) -> str:
        """Where somebody is sent to say who they are. Raises ProviderAway."""
        known = await self._addresses()
        asked = {
            "response_type": "code", "client_id": self._chosen.oidc_client_id, "redirect_uri": self._chosen.return_address,
            "scope": self._chosen.oidc_scope, "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": attempt.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return _with(known["authorization_endpoint"], asked)

    async def way_out(self, id_token: str) -> str | None:
        """Where somebody is sent to leave the provider too; None when it has no such place. Raises ProviderAway."""
        known = await self._addresses()
        back = f"{self._chosen.base_url.rstrip('/')}/connexion"
        asked = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": secrets.token_urlsafe(24)}
        return _with(known["end_session_endpoint"], asked) if known.get("end_session_endpoint") else None

    async def who(self, attempt: Attempt, *, code: str, state: str, said_by: str = "") -> Vouched:
        """Whom the provider vouches for, in exchange for the code that it gave. Raises ProviderAway, ProviderRefused.

        `said_by` is the issuer that came back with it, where it says so (RFC 9207).
        """
        another = said_by and said_by.rstrip("/") != self._issuer
        if not code or another or not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise ProviderRefused("Cette connexion n’a pas commencé ici, ou il y a trop longtemps : recommencez.")
        given = await self._exchange(code, attempt)
        told = await self._read(given["id_token"])
        if not hmac.compare_digest(str(told.get("nonce", "")).encode(), attempt.nonce.encode()):
            raise ProviderRefused("Cette connexion a déjà servi : recommencez.")
        about = await self._about(given["access_token"])
        if about["sub"] != told["sub"]:
            raise ProviderRefused("Le service d’identité parle de deux personnes : recommencez.")
        return Vouched(self._issuer, str(told["sub"]), self._verified_email(about), given["id_token"])

    def _verified_email(self, about: Mapping[str, Any]) -> str:
        verified = about.get("email_verified", self._chosen.oidc_vouches)
        email = about.get("email")
        if verified is not True or not isinstance(email, str) or not email:
            raise ProviderRefused(
                "Votre adresse n’est pas vérifiée par ce service d’identité : entrez par un courriel."
            )
        return email.strip().lower()

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        """Made when somebody first comes that way: it reads every authority that this machine trusts."""
        return httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False)

    # -- what is asked of it --------------------------------------------------------------------------------------------------

    async def _addresses(self) -> Mapping[str, Any]:
        if self._read_at is None or self._clock.now() >= self._read_at + KEPT:
            await self._learn()
        return self._known

    async def _learn(self) -> None:
        """Ask for its addresses and its keys. Another issuer, or an address in clear in production, is not believed."""
        found = await self._json("GET", f"{self._issuer}/.well-known/openid-configuration")
        addresses = [found.get(f"{name}_endpoint") for name in ("authorization", "token", "userinfo")]
        addresses.append(found.get("jwks_uri"))
        wanted = ("https",) if self._chosen.in_production else ("https", "http")
        if found.get("issuer", "").rstrip("/") != self._issuer or any(
            urlsplit(one or "").scheme not in wanted for one in addresses
        ):
            raise ProviderAway
        try:
            self._keys = KeySet.import_key_set(cast(KeySetSerialization, await self._json("GET", found["jwks_uri"])))
        except (JoseError, KeyError, TypeError, ValueError):
            raise ProviderAway from None
        self._known, self._read_at = found, self._clock.now()

    async def _exchange(self, code: str, attempt: Attempt) -> Mapping[str, str]:
        known = await self._addresses()
        asked = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._chosen.return_address, "code_verifier": attempt.verifier,
            "client_id": self._chosen.oidc_client_id, "client_secret": self._chosen.oidc_client_secret.get_secret_value(),
        }  # fmt: skip
        given = await self._json("POST", known["token_endpoint"], data=asked)
        if not all(isinstance(given.get(name), str) for name in ("id_token", "access_token")):
            raise ProviderRefused("Cette connexion a déjà servi, ou elle est trop ancienne : recommencez.")
        return given

    async def _about(self, access_token: str) -> Mapping[str, Any]:
        """What it says of the person: a signed JWT, as ProConnect gives it. What is not signed is not believed."""
        known = await self._addresses()
        answer = await self._ask("GET", known["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"})
        if answer.status_code != 200 or not answer.headers.get("content-type", "").startswith("application/jwt"):
            raise ProviderRefused("Le service d’identité n’a pas signé sa réponse : entrez par un courriel.")
        return await self._read(answer.text, dated=False)

    async def _read(self, signed: str, *, dated: bool = True) -> Mapping[str, Any]:
        """What a JWT of the provider's says, once its signature, its issuer, its audience and its dates are right; new keys are asked for once."""
        try:
            return self._checked(signed, dated=dated)
        except (JoseError, ValueError):
            await self._learn()
        try:
            return self._checked(signed, dated=dated)
        except (JoseError, ValueError):
            raise ProviderRefused("La signature du service d’identité n’est pas bonne : recommencez.") from None

    def _checked(self, signed: str, *, dated: bool) -> Mapping[str, Any]:
        if self._keys is None:
            raise ProviderAway
        token = jwt.decode(signed, self._keys, algorithms=SIGNED_BY)
        now = int(self._clock.now().timestamp())
        wanted: dict[str, Any] = {name: {"essential": True} for name in (*_CLAIMS, *(("exp", "iat") if dated else ()))}
        wanted["iss"] |= {"value": self._known["issuer"]}
        wanted["aud"] |= {"value": self._chosen.oidc_client_id}
        jwt.JWTClaimsRegistry(now=now, leeway=_LEEWAY, **wanted).validate(token.claims)
        return token.claims

    async def _json(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        answer = await self._ask(method, address, **more)
        try:
            found = answer.json()
        except ValueError:
            raise ProviderAway from None
        if not isinstance(found, dict) or answer.status_code >= 500:
            raise ProviderAway
        return found

    async def _ask(self, method: str, address: str, **more: Any) -> httpx2.Response:
        try:
            return await self._client.request(method, address, **more)
        except httpx2.HTTPError:
            raise ProviderAway from None


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"
