"""Public registers, against a local server that answers in their documented shapes: they help, and never stand in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.registers.addresses import search_addresses
from api.registers.asking import KEPT, PublicService, Unavailable
from api.registers.companies import HIDDEN, search_companies
from cases.clock import FixedClock
from tests.api.local_register import COMPANY, PLACE, SHOP, LocalServer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    running = LocalServer()
    yield running
    running.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


async def companies(server: LocalServer, clock: FixedClock, words: str = "snack du coin") -> Any:
    service = PublicService(server.address, clock)
    try:
        return await search_companies(service, words, insee="59512")
    finally:
        await service.close()


async def test_a_name_completes_the_rest(server: LocalServer, clock: FixedClock) -> None:
    (shop,) = await companies(server, clock)

    assert (shop.siret, shop.name, shop.naf) == ("55210055400013", "SNACK DU COIN", "56.10C")
    assert (shop.longitude, shop.latitude, shop.insee, shop.open) == (3.1802, 50.6901, "59512", True)
    assert server.asked == [{"q": ["snack du coin"], "per_page": ["6"], "code_commune": ["59512"]}]


async def test_a_siret_gives_that_establishment_and_not_its_sisters(server: LocalServer, clock: FixedClock) -> None:
    sister = SHOP | {"siret": "55210055400021"}
    server.answer = {"results": [COMPANY | {"matching_etablissements": [sister, SHOP]}]}

    found = await companies(server, clock, "552 100 554 00013")

    assert [one.siret for one in found] == ["55210055400013"]


async def test_who_asked_not_to_be_found_is_not_named(server: LocalServer, clock: FixedClock) -> None:
    server.answer = {
        "results": [COMPANY | {"matching_etablissements": [SHOP | {"statut_diffusion_etablissement": "P"}]}]
    }

    (shop,) = await companies(server, clock)

    assert (shop.name, shop.address, shop.longitude, shop.latitude) == (HIDDEN, None, None, None)


@pytest.mark.parametrize("answer", [b"not json", b"", {"results": None}, {"results": {}}, []])
async def test_an_answer_that_makes_no_sense_is_said_and_harms_nothing(
    server: LocalServer, clock: FixedClock, answer: Any
) -> None:
    server.answer = answer

    with pytest.raises(Unavailable, match="à la main"):
        await companies(server, clock)


async def test_results_that_make_no_sense_are_left_out(server: LocalServer, clock: FixedClock) -> None:
    odd = SHOP | {"latitude": "north", "longitude": None, "liste_enseignes": None}
    server.answer = {"results": ["?", {}, {"siege": {}}, {"siege": odd, "nom_complet": "SOCIETE DU COIN"}]}

    (shop,) = await companies(server, clock)

    assert (shop.name, shop.longitude, shop.latitude) == ("SOCIETE DU COIN", None, None)


@pytest.mark.asvs("16.5.2")
async def test_a_slow_or_absent_register_is_left_after_its_time(server: LocalServer, clock: FixedClock) -> None:
    server.slow = True
    slow, nowhere = PublicService(server.address, clock, patience=0.2), PublicService("http://127.0.0.1:9", clock)

    for service in (slow, nowhere):
        with pytest.raises(Unavailable, match="à la main"):
            await search_companies(service, "snack")
        await service.close()


async def test_a_register_that_asks_for_silence_gets_it_and_is_asked_again_after(
    server: LocalServer, clock: FixedClock
) -> None:
    server.status, server.headers = 429, {"Retry-After": "7"}
    service = PublicService(server.address, clock)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await search_companies(service, "snack")
    assert len(server.asked) == 1

    server.status, server.headers = 200, {}
    clock.set(NOW + timedelta(seconds=8))
    assert await search_companies(service, "snack")
    await service.close()


@pytest.mark.parametrize("header", ["Mon, 02 Mar 2026 10:30:00 GMT", "999999999", "soon", ""])
async def test_no_service_can_silence_us_for_long(server: LocalServer, clock: FixedClock, header: str) -> None:
    server.status, server.headers = 429, {"Retry-After": header}
    service = PublicService(server.address, clock)
    with pytest.raises(Unavailable):
        await search_companies(service, "snack")

    server.status = 200
    clock.set(NOW + timedelta(minutes=5, seconds=1))
    assert await search_companies(service, "snack")
    await service.close()


async def test_the_same_question_is_asked_once_an_hour(server: LocalServer, clock: FixedClock) -> None:
    service = PublicService(server.address, clock)
    for _ in range(3):
        await search_companies(service, "snack")
    assert len(server.asked) == 1

    clock.set(NOW + KEPT)
    await search_companies(service, "snack")
    assert len(server.asked) == 2
    await service.close()


async def test_an_address_becomes_a_point_and_a_doubtful_one_is_asked(server: LocalServer, clock: FixedClock) -> None:
    doubtful = PLACE | {"properties": PLACE["properties"] | {"score": 0.41}}
    server.answer = {"type": "FeatureCollection", "features": [doubtful, PLACE, {"properties": {}}]}
    service = PublicService(server.address, clock)

    first, second = await search_addresses(service, "12 rue de lannoy", insee="59512")

    assert (first.label, first.longitude, first.latitude, first.sure) == (
        "12 Rue de Lannoy 59100 Roubaix",
        3.1802,
        50.6901,
        True,
    )
    assert not second.sure
    assert server.asked == [{"q": ["12 rue de lannoy"], "limit": ["5"], "citycode": ["59512"]}]
    await service.close()
