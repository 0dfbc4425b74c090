"""A mail can be answered at an address of its own: secret, in letters that no server changes, and not by who is helped, whom their adviser reads."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.replying import address_of, reply_address, token_of, with_domain

TOKEN = "Ab_-" * 8
MESSAGE = {
    "person_id": "somebody", "entrepreneur_id": None, "recipient": "person:somebody", "role": "operator", "case_id": "case", "track": "referral-1",
    "mail_class": "direct",
}  # fmt: skip


def address(**changes: Any) -> str:
    return reply_address(with_domain({**MESSAGE, **changes}, "reponses.example"), lambda *_, **__: TOKEN)


def test_an_address_gives_its_token_back_whatever_a_server_does_to_its_letters() -> None:
    made = address_of(TOKEN, "reponses.example")

    assert token_of(made, "reponses.example") == TOKEN
    assert token_of(f" <{made.upper()}> ", "Reponses.example") == TOKEN


@pytest.mark.parametrize(
    "written", ["", "@", "reponse+@reponses.example", "reponse+0g@reponses.example", "bonjour@reponses.example", "reponse+ab@x"]
)  # fmt: skip
def test_an_address_that_is_not_ours_gives_no_token(written: str) -> None:
    assert not token_of(written, "reponses.example")


def test_those_who_work_on_a_case_may_answer_and_each_link_says_on_what() -> None:
    assert address().endswith("@reponses.example")
    assert address(person_id=None, recipient="branch:adie")
    assert address(mail_class="reminder")


@pytest.mark.parametrize(
    "changes",
    [
        {"person_id": None, "entrepreneur_id": "nadia", "recipient": "entrepreneur:nadia", "role": "entrepreneur"},
        {"case_id": None},
        {"mail_class": "requested"},
    ],
)
def test_the_others_may_not(changes: dict[str, Any]) -> None:
    assert address(**changes) == ""
    assert reply_address(with_domain(MESSAGE, ""), lambda *_, **__: TOKEN) == ""
