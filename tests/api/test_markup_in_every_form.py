"""What somebody writes in any form is words: every field that a page shows, found by walking the pages, takes sixty payloads or refuses them harmless.

Each field is sent all sixty at once; if it holds no more than a name does, as many as it holds. What it then asks for is learnt from what the page
says, until the form is taken: so each is tried refused and taken. In the end everybody walks the pages again and every mail leaves: a page shows all
sixty where they were taken, a mail the beginning of what it quotes. A name that is taken once shows six: by the JSON interface each name takes them
all (`test_markup_in_every_body`). On SQLite, since what a page makes of words depends on no database; there, and in `test_markup`, both are used.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cases.database import connect
from tests.api.markup.forms import blamed_on, forms_of
from tests.api.markup.payloads import BORNE, PAYLOADS
from tests.api.markup.quarter import Quarter, a_quarter, wrong_in
from tests.api.markup.walking import ORDER, VISITOR, sort_of
from tests.api.markup.writing import Writer
from tests.cases.conftest import migrated_file
from tests.notifications.conftest import mail_server
from tests.notifications.mail_server import MailServer

__all__ = ["mail_server"]
AGAIN: Final = 3
"""What is written opens pages that were not there, with their own forms: how often they are looked for again."""
EVERYBODY: Final = (*ORDER, VISITOR)
WHO_SEES_MOST: Final = ("manager", "admin", "operator", VISITOR)
"""By whom the pages are walked again while there is still something to write in; the last walk is everybody's."""
NUMBERS: Final = {BORNE.findall(one)[0] for one in PAYLOADS}


@pytest.fixture
def quarter(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarter]:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    database = connect(f"sqlite:///{tmp_path}/cases.db")
    with a_quarter(database, tmp_path) as found:
        yield found
    database.close()


@pytest.mark.long
@pytest.mark.asvs("1.1.2", "1.2.1", "1.3.5")
def test_whatever_is_written_in_any_field_of_any_page_is_words_there_and_everywhere(
    quarter: Quarter, mail_server: MailServer
) -> None:
    writer, known = Writer(quarter.walkers, quarter.look, quarter.cases[0]), set[str]()
    for by in (EVERYBODY, *(WHO_SEES_MOST,) * AGAIN):
        found = {sort: pages for sort, pages in quarter.forms(known, by).items() if not writer.taken(sort)}
        writer.write_everywhere(found)
        quarter.cases = sorted(writer.cases())
        known -= {sort_of(page.address) for sort, pages in found.items() if not writer.taken(sort) for page in pages}
        if not found:
            break
    quarter.let_mails_leave(mail_server)
    shown = quarter.forms(known, EVERYBODY)

    assert quarter.wrong == []
    assert {sort: pages[0].address for sort, pages in shown.items() if not writer.taken(sort)} == {}
    assert {sort: told.last for sort, told in writer.told.items() if not writer.taken(sort)} == {}
    assert [one for told in writer.told.values() for one in told.refused.values() if not is_a_sentence(one)] == []
    assert quarter.on_pages == NUMBERS
    assert quarter.in_mails


def is_a_sentence(said: str) -> bool:
    """Whether a refusal tells what to do."""
    return (said[:1].isupper() or said.startswith("«")) and said.rstrip()[-1:] in ".?"


WRONG = {
    "<p><script>x1q()</script></p>": "an element <script>",
    f"<p>{PAYLOADS[0]}</p>": "raw",
    '<a href="javascript:x2q()">a</a>': "an address",
    "<!-- x3q -->": "a comment",
    "<p onclick=x4q()>a</p>": "an attribute onclick",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_page_that_lets_words_be_markup_would_be_found(text: str) -> None:
    assert any(WRONG[text] in one for one in wrong_in(text))


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    [form] = forms_of(
        """<form method="post" action="/a?b=1"><input type="hidden" name="csrf" value="t"><input name="name" id="n" value="x">
        <select name="s"><option value=""></option><option value="1"></option></select><input type="checkbox" name="c" value="1">
        <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked><textarea name="t">
mots</textarea><button name="b" value="v">Envoyer</button><button name="z" value="w">Autre</button></form>""",
        "/page",
    )

    assert (form.method, form.action, form.written_in()) == ("post", "/a?b=1", ["name", "t"])
    sent = form.sent({"name": "<b>"})
    assert {name: value for name, value in sent.items() if name != "t"} == {
        "csrf": ["t"], "name": ["<b>"], "s": ["1"], "r": ["2"], "b": ["v"],
    }  # fmt: skip
    refused = '<div class="summary"><h2>Un point</h2><ul><li><a href="#n">Écrivez un nom.</a></li></ul></div>'
    assert form.named(blamed_on(refused)) == {"name": "Écrivez un nom."}
