"""Every form that asks for no sign-in is counted: by who asks, whatever their headers say, and a machine is told to wait."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from api.csrf import FIELD, token_for
from api.rate_limits import LIMITS, Counted
from cases.database import Database
from cases.tables.people import rate_count
from tests.api.browser import HOST, Browser
from tests.api.matrix.routes import DECLARED
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""None of this depends on which database it is."""
HARMLESS = {"POST /deconnexion", "POST /langue"}
"""They change what one's own browser keeps, and ask for nothing."""
PUBLIC = sorted(
    name
    for name, way in DECLARED.items()
    if way.public and name.startswith("POST ") and way.held is None and name not in HARMLESS
)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def counted(town: Town) -> int:
    return town.street.database.read(
        lambda db: int(db.execute(select(func.coalesce(func.sum(rate_count.c.times), 0))).scalar_one()), WORKER
    )


def send(town: Town, name: str, network: str = "198.51.100.7", **headers: str) -> int:
    """The status of one sending, by somebody whom nobody knows."""
    way, client = DECLARED[name], Browser(town.app, network=network).client
    token = way.fill.get("token") or "un-lien-que-personne-n-a-fait"
    address = name.removeprefix("POST ").replace("{token}", token)
    client.cookies.set("qp_visitor", "somebody")
    holder = f"link {token}" if "{token}" in name else "visitor somebody"
    form = {"email": "personne@example.org", **(way.form or {}), FIELD: token_for(holder, town.app.state.frame.key)}
    said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin", **headers}
    return int(client.post(address, data=form, headers=said).status_code)


@pytest.mark.asvs("2.4.1", "6.3.1")
@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_form_is_counted(town: Town, name: str) -> None:
    before = counted(town)

    assert send(town, name) != 403

    assert counted(town) > before


@pytest.mark.asvs("2.4.1", "15.3.4")
def test_who_sends_by_links_without_end_is_told_to_wait_whatever_the_headers_say(town: Town) -> None:
    most = LIMITS[Counted.LINK].most
    statuses = [
        send(town, "POST /desabonnement/{token}", **{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"192.0.2.{n}"})
        for n in range(most + 1)
    ]
    assert statuses[-1] == 429
    assert 429 not in statuses[:most]
