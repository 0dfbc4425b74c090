"""Who somebody that the identity provider vouches for is here: by its own id of them, which it gives to nobody else; the first time by their address."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from api.identity_provider import ProviderRefused, Vouched
from cases.tables.people import person, provider_identity

_UNKNOWN: Final = "L’adresse {} n’a pas d’accès ici : demandez-le à l’administration du programme."
_ANOTHER: Final = "Cette adresse est celle d’un compte que quelqu’un d’autre ouvrait par ce service : demandez à l’administration du programme de le délier."


def person_vouched_for(db: Connection, vouched: Vouched, now: datetime) -> str:
    """Who they are here, known from now on by the provider's own id. Raises ProviderRefused."""
    known = (provider_identity.c.issuer == vouched.issuer, provider_identity.c.subject == vouched.subject)
    who = db.execute(select(provider_identity.c.person_id).where(*known)).scalar()
    if who is None:
        who = _by_address(db, vouched)
        db.execute(
            insert(provider_identity).values(
                issuer=vouched.issuer, subject=vouched.subject, person_id=who, created_at=now
            )
        )
    if db.execute(select(person.c.id).where(person.c.id == who, person.c.active)).first() is None:
        raise ProviderRefused(_UNKNOWN.format(vouched.email))
    return str(who)


def forget_vouched(db: Connection, person_id: str) -> None:
    """Let somebody be matched by their address once more, with another account at the provider."""
    db.execute(delete(provider_identity).where(provider_identity.c.person_id == person_id))


def _by_address(db: Connection, vouched: Vouched) -> str:
    who = db.execute(select(person.c.id).where(person.c.email == vouched.email, person.c.active)).scalar()
    if who is None:
        raise ProviderRefused(_UNKNOWN.format(vouched.email))
    bound = (provider_identity.c.issuer == vouched.issuer, provider_identity.c.person_id == who)
    if db.execute(select(provider_identity.c.subject).where(*bound)).first() is not None:
        raise ProviderRefused(_ANOTHER)
    return str(who)
