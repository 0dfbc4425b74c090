"""Where the buttons of a mail lead: pages for those who have an account, signed links for the others, made only when they are printed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from engine.model import Kind, Role
from engine.state_names import PairState
from notifications.links import LASTS, MakeLink, Opens, Purpose
from notifications.preferences import category_of
from notifications.replying import reply_address
from notifications.said import Said


class Destinations:
    """The addresses that a mail's template may name. A signed link is made once, the first time it is named."""

    def __init__(
        self,
        message: Mapping[str, Any],
        said: Said,
        base_url: str,
        make_link: MakeLink,
        categories: Collection[str] = (),
    ) -> None:
        self._message, self._said, self._base, self._make = message, said, base_url.rstrip("/"), make_link
        self._categories = set(categories) or {one for one in (category_of(message),) if one}

    # -- pages ----------------------------------------------------------------------------------------------------------------

    @property
    def today(self) -> str:
        """« À faire »."""
        return f"{self._base}/"

    @property
    def case(self) -> str:
        """The case's page."""
        return f"{self._base}/dossiers/{self._said.case.reference}"

    @property
    def orient(self) -> str:
        """Who could be asked for the case, the best first."""
        return f"{self.case}/orienter"

    @property
    def inbox(self) -> str:
        """The requests of an operator's branch."""
        return f"{self._base}/orientations"

    @property
    def mentoring(self) -> str:
        """A mentor's pairs."""
        return f"{self._base}/mentorat"

    @property
    def territory(self) -> str:
        """The territory's page."""
        return f"{self._base}/territoires/{self._said.place.slug}"

    def backlog_of(self, slug: str | None) -> str:
        """The figures of a territory; those that the reader sees first where there is none."""
        return f"{self._base}/pilotage?territoire={slug}" if slug else f"{self._base}/pilotage"

    @property
    def api(self) -> str:
        """What the JSON interface takes and gives."""
        return f"{self._base}/api/docs"

    @property
    def account(self) -> str:
        """The reader's own sessions and tokens."""
        return f"{self._base}/mon-compte"

    @property
    def retention(self) -> str:
        """How long things are kept."""
        return f"{self._base}/administration/conservation"

    @property
    def own(self) -> str:
        """Where the reader works on what the mail is about."""
        role = self._said.role
        if role == Role.ENTREPRENEUR:
            return self.my_case
        if role == Role.MENTOR:
            return self._of_the_mentor
        if role in (Role.OPERATOR, Role.OPERATOR_MANAGER):
            return self._of_the_operator
        if role == Role.OWNER and self._message["person_id"] is None:
            return self.inbox
        return self.case

    @property
    def list(self) -> str:
        """Where the reader finds all that waits for them."""
        role = self._said.role
        if role == Role.ENTREPRENEUR:
            return self.my_case
        if role == Role.MENTOR:
            return self.mentoring
        return self.inbox if role in (Role.OPERATOR, Role.OPERATOR_MANAGER) else self.today

    # -- signed links ---------------------------------------------------------------------------------------------------------

    @cached_property
    def answer(self) -> str:
        """An operator's answer, on the mail's own referral."""
        return self._signed(Purpose.ANSWER, self._said.track.name)

    @cached_property
    def my_case(self) -> str:
        """The entrepreneur's own case."""
        return f"{self._base}/mon-dossier/{self._token(Purpose.MY_CASE)}"

    @cached_property
    def survey(self) -> str:
        """The survey of the mail's track."""
        return self._signed(Purpose.SURVEY, self._said.track.name)

    @cached_property
    def log_book(self) -> str:
        """The log book of the pair, and its review."""
        return self._signed(Purpose.LOG_BOOK, self._said.track.name)

    @cached_property
    def charter(self) -> str:
        """The charter of the pair."""
        return self._signed(Purpose.CHARTER, self._said.track.name)

    @cached_property
    def reply(self) -> str:
        """Where the mail itself can be answered; nothing when it cannot."""
        return reply_address(self._message, self._make)

    @cached_property
    def sign_in(self) -> str:
        """The way in."""
        return f"{self._base}/lien/{self._token(Purpose.SIGN_IN, data={'next_page': str(self._facts.get('next_page') or '/')})}"

    @cached_property
    def code(self) -> str:
        """What may be typed in place of the link, on the browser where the mail was asked for; nothing when it was asked for on none."""
        asked = self._facts.get("request")
        return self._token(Purpose.CODE, data={"request": asked}) if asked else ""

    @cached_property
    def invitation(self) -> str:
        """The first way in."""
        return f"{self._base}/lien/{self._token(Purpose.INVITATION)}"

    @cached_property
    def again(self) -> str:
        """A new link in place of one that is gone: of the same purpose, on the same thing."""
        token = self._token(Purpose(self._facts["purpose"]), self._message["track"], data=self._facts.get("data") or {})
        return f"{self._base}/lien/{token}"

    @property
    def preferences(self) -> str:
        """Which reminders the reader wants."""
        return f"{self._base}/preferences/{self._preferring}"

    @property
    def stop(self) -> str:
        """Where one press stops reminders of the mail's own kind."""
        return f"{self._base}/desabonnement/{self._preferring}"

    # -- how ------------------------------------------------------------------------------------------------------------------

    @property
    def minutes(self) -> int:
        """How many minutes a sign-in link lasts."""
        return int(LASTS[Purpose.SIGN_IN].total_seconds() // 60)

    @cached_property
    def _preferring(self) -> str:
        """The token of both: it says for whom they choose, and what one press stops."""
        data = {"recipient": self._message["recipient"], "categories": sorted(str(one) for one in self._categories)}
        own = {name: self._message[name] for name in ("person_id", "entrepreneur_id") if self._message[name]}
        return self._make(str(Purpose.PREFERENCES), data=data, **own)

    @property
    def days(self) -> int:
        """How many days an invitation lasts."""
        return LASTS[Purpose.INVITATION].days

    @property
    def _facts(self) -> Mapping[str, Any]:
        return self._message["facts"] or {}

    @property
    def _of_the_mentor(self) -> str:
        track = self._said.track
        if track.kind != Kind.MENTORING_PAIR:
            return self.mentoring
        return self.charter if track.state == PairState.PROPOSED else self.log_book

    @property
    def _of_the_operator(self) -> str:
        """The referral of the mail, or the reader's own on a mail about the whole case; the inbox when there is none."""
        if self._said.role == Role.OPERATOR_MANAGER:
            return self.inbox
        if self._said.track.kind == Kind.REFERRAL:
            return self.answer
        person_id, recipient = self._message["person_id"], self._message["recipient"]
        mine = [
            one.track
            for one in self._said.case.asked
            if (person_id and one.agent_id == person_id) or recipient == f"branch:{one.branch_id}"
        ]
        return self._signed(Purpose.ANSWER, mine[-1]) if mine else self.inbox

    def _signed(self, purpose: Purpose, track: str) -> str:
        return f"{self._base}/lien/{self._token(purpose, track)}"

    def _token(self, purpose: Purpose, track: str | None = None, *, data: Mapping[str, Any] | None = None) -> str:
        opens: Opens = {"case_id": self._message["case_id"], "track": track, "data": data}
        if self._message["entrepreneur_id"]:
            opens["entrepreneur_id"] = self._message["entrepreneur_id"]
        if self._message["person_id"]:
            opens["person_id"] = self._message["person_id"]
        return self._make(str(purpose), **opens)
