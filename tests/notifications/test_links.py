"""Links in mails: they open one thing, for a while, until the case moves on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases.journey import Request, fire
from notifications.links import LASTS, Gone, Purpose, find_link, gone_link, new_link, revoke_links, use_link
from notifications.tables import signed_link
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.scenes import Scene


def made(scene: Scene, purpose: str = "answer", **opens: Any) -> str:
    case_id = scene.row("")["id"]
    return scene.database.write(
        lambda db: new_link(db, purpose, now=scene.clock.now(), case_id=case_id, **opens), WORKER
    )


def found(scene: Scene, token: str, how: Any = find_link) -> Any:
    return scene.database.write(lambda db: how(db, token, scene.clock.now()), WORKER)


def test_a_link_opens_what_it_is_bound_to(scene: Scene) -> None:
    link = found(scene, made(scene, track="referral-1", data={"answer": "yes"}))
    assert (link.purpose, link.track, link.case_id) == (Purpose.ANSWER, "referral-1", scene.row("")["id"])
    assert link.data == {"answer": "yes"}


def test_the_secret_of_a_link_is_kept_nowhere(scene: Scene) -> None:
    token = made(scene)
    assert len(token) >= 32
    assert token not in str(scene.rows(select(signed_link)))


@pytest.mark.parametrize("token", ["", "unknown", "\udc80"])
def test_an_unknown_link_opens_nothing(scene: Scene, token: str) -> None:
    assert found(scene, token) is None
    assert found(scene, token, gone_link) is None


def test_a_link_of_no_known_purpose_is_not_made(scene: Scene) -> None:
    with pytest.raises(ValueError, match="everything"):
        made(scene, "everything")


def test_a_link_lasts_as_long_as_its_purpose_says(scene: Scene) -> None:
    token = made(scene, "sign_in")
    scene.clock.set(scene.clock.now() + LASTS[Purpose.SIGN_IN])
    assert found(scene, token) is None
    assert found(scene, token, gone_link).gone is Gone.EXPIRED


def test_a_link_that_serves_once_serves_one_of_two(scene: Scene) -> None:
    token = made(scene, "sign_in", lasts=timedelta(minutes=15))
    assert found(scene, token, use_link) is not None
    assert found(scene, token, use_link) is None
    assert found(scene, token, gone_link).gone is Gone.USED


def test_of_many_who_come_at_once_with_a_link_that_serves_once_one_gets_it(scene: Scene) -> None:
    token = made(scene, "sign_in")
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: found(scene, token, use_link), range(8)))
    assert len([link for link in got if link is not None]) == 1


def test_links_fall_when_their_track_moves_on(scene: Scene) -> None:
    mine, other = made(scene, track="referral-1"), made(scene, track="referral-2")
    case_id = scene.row("")["id"]
    scene.database.write(lambda db: revoke_links(db, case_id, "referral-1", now=scene.clock.now()), WORKER)
    assert found(scene, mine, gone_link).gone is Gone.REVOKED
    assert found(scene, other) is not None


def test_partners_links_fall_when_the_consent_to_share_is_withdrawn(scene: Scene) -> None:
    partner, own = made(scene, track="referral-1"), made(scene, "my_case")
    request = Request(scene.references[""], "withdraw_consent")
    by = scene.who({"by": "adviser", "of": "case"})
    scene.database.write(lambda db: fire(db, request, by=by, now=scene.clock.now()), WORKER)
    scene.plan()
    assert found(scene, partner) is None
    assert found(scene, own) is not None
