"""Mails that are painted once a shape read exactly as if each had been painted by itself."""

from __future__ import annotations

from html.parser import HTMLParser

import css_inline
import pytest

from notifications.painting import painted

MAIL = """<!doctype html><html><head><title>{0}</title><style>p>b{{color:red}} .a{{margin:0}}
@media (max-width:480px){{p{{margin:1px!important}}}}</style></head>
<body><p class="a">{0} <b>{1}</b></p><table><tr><td>{1}</td></tr></table><a href="{2}">&nbsp;{0}</a></body></html>"""


class AsRead(HTMLParser):
    """The tags with their attributes and the words between them, as a mail reader has them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, sorted(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def painted_alone(html: str) -> str:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(html)


def assert_painted_as_alone(html: str) -> None:
    assert AsRead(painted(html)).found == AsRead(painted_alone(html)).found


@pytest.mark.parametrize("name", ["Nadia", "", " ", "&lt;b&gt; &amp; fils", "\ue0000\ue001", "مرحبا", "a\nb"])
def test_each_mail_keeps_its_own_words_and_addresses(name: str) -> None:
    for number in range(2):
        assert_painted_as_alone(MAIL.format(name, f"{number} rue", f"https://quartiers.example/?a={number}&amp;b=1"))


def test_styles_are_in_the_elements_and_those_of_the_screen_stay_in_the_head() -> None:
    mail = painted(MAIL.format("Nadia", "1 rue", "tel:+33"))

    assert '<b style="color: red;">1 rue</b>' in mail
    assert "@media (max-width:480px)" in mail.partition("</head>")[0]
