"""Searching cases by their words: what is searched in, folded once for both databases, and what answers to words with or without a fault of typing.

Each database has its own index of trigrams on the same text, kept by triggers (`api.migrations.searching`). Both only propose
cases: what is in sight is decided where every reading of cases begins, and what is near enough is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz.distance import OSA
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    select,
    table,
)

from cases.access import Identity, visible_to
from cases.duplicates import fold, phone_key
from cases.tables.case import case_file, case_search

INDEXED: Final = 3
"""Letters from which a word is found by its trigrams; a shorter one is looked for in what the others found."""
FORGIVEN: Final = 4
"""Letters from which one fault is forgiven; two from twice as many."""
CANDIDATES: Final = 300
"""Cases that are compared with words that no case contains."""
_NUMBER: Final = re.compile(r"[\d\s.()+/-]*\d[\d\s.()+/-]*")
_BEFORE_A_NUMBER: Final = re.compile(r"^(?:00)?(?:33|262|590|594|596)?0?(?=\d{4})")
_REFERENCE: Final = re.compile(r"\bqp ?([0-9a-z]{1,4})(?: ?([0-9a-z]{1,4}))?\b")
_words_index = table("case_words", column("rowid"), column("words"), column("rank"))


@dataclass(frozen=True, slots=True)
class Found:
    """The condition on `case_file` under which a case answers; `near` when none contains the words, and these come close."""

    condition: ColumnElement[bool]
    near: bool = False


def text_of(*, reference: str, phone: str | None, words: Iterable[str | None]) -> str:
    """What is searched in for one case: its words, its number and its telephone, folded. `phone` is E.164."""
    said = fold(" ".join(word for word in words if word))
    return " ".join(part for part in (said, phone_key(phone or ""), _compact(reference)) if part)


def find(db: Connection, who: Identity, words: str) -> Found | None:
    """The cases that contain every word, else those that nearly do; None when nothing is asked. Words of one's own territory never leave it."""
    asked = _asked(words)
    if not asked:
        return None
    exact = _containing(db, asked)
    if db.execute(select(case_file.c.id).where(visible_to(who), exact).limit(1)).first() is not None:
        return Found(exact)
    near = _near(db, who, asked)
    return Found(case_file.c.id.in_(near), near=True) if near else Found(exact)


def _asked(words: str) -> tuple[str, ...]:
    """What is looked for, the longest first: a number as one, a reference without its dashes, the other words one by one."""
    if _NUMBER.fullmatch(words):
        digits = re.sub(r"\D", "", words)
        return (_BEFORE_A_NUMBER.sub("", digits),)
    folded = _REFERENCE.sub(lambda found: "".join(part for part in found.groups() if part), fold(words))
    return tuple(sorted(set(folded.split()), key=lambda word: (-len(word), word)))


def _compact(reference: str) -> str:
    return fold(reference).replace(" ", "").removeprefix("qp")


def _containing(db: Connection, asked: tuple[str, ...]) -> ColumnElement[bool]:
    """The condition under which a case contains all of these."""
    if db.dialect.name == "postgresql":
        return _of_the_wall(asked, near=False)
    short = [case_search.c.words.contains(word, autoescape=True) for word in asked if len(word) < INDEXED]
    indexed = [f'"{word}"' for word in asked if len(word) >= INDEXED]
    found = [case_search.c.id.in_(_matching(" AND ".join(indexed)))] if indexed else []
    return case_file.c.id.in_(select(case_search.c.case_id).where(and_(*found, *short)))


def _near(db: Connection, who: Identity, asked: tuple[str, ...]) -> list[str]:
    """The ids of the cases in sight, each of whose words asked is there but for a fault of typing."""
    if len(asked[0]) < FORGIVEN:
        return []
    proposed = _resembling(db, asked[0]).where(visible_to(who)).limit(CANDIDATES)
    return [row.id for row in db.execute(proposed) if all(_is_said(word, row.search_text) for word in asked)]


def _resembling(db: Connection, word: str) -> Select[Any]:
    """The cases that share enough of the word, those that share most first."""
    of_case = select(case_file.c.id, case_file.c.search_text)
    if db.dialect.name == "postgresql":
        closest = func.word_similarity(word, case_file.c.search_text).desc()
        return of_case.where(_of_the_wall((word,), near=True)).order_by(closest, case_file.c.id)
    shared = " OR ".join(f'"{word[at : at + INDEXED]}"' for at in range(len(word) - INDEXED + 1))
    joined = case_file.join(case_search, case_search.c.case_id == case_file.c.id)
    joined = joined.join(_words_index, _words_index.c.rowid == case_search.c.id)
    return of_case.select_from(joined).where(_matches(shared)).order_by(_words_index.c.rank)


def _is_said(word: str, text: str) -> bool:
    """Whether a word is in a text, or is nearly one of its words or the beginning of one."""
    if word in text:
        return True
    faults = len(word) // FORGIVEN if len(word) < 2 * FORGIVEN else 2
    return faults > 0 and any(
        OSA.distance(word, part, score_cutoff=faults) <= faults
        for said in text.split()
        for part in (said, said[: len(word)])
    )


def _matching(query: str) -> Select[Any]:
    return select(_words_index.c.rowid).where(_matches(query))


def _matches(query: str) -> ColumnElement[bool]:
    matched: ColumnElement[bool] = column("case_words").op("MATCH", is_comparison=True)(query)
    return matched


def _of_the_wall(asked: tuple[str, ...], *, near: bool) -> ColumnElement[bool]:
    """On PostgreSQL the index is behind the wall: a function of its owner proposes ids, and the wall stands before the cases."""
    patterns = asked if near else tuple(f"%{word}%" for word in asked)
    ids = select(
        func.qp_search(cast(bindparam(None, list(patterns), ARRAY(Text)), ARRAY(Text)), near)
    ).scalar_subquery()
    return case_file.c.id == func.any(cast(ids, ARRAY(Text)))
