"""The text of a mail that has only its HTML form: its lines, what is quoted marked as such, nothing of its styles."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

_SILENT: Final = frozenset({"style", "script", "head", "title", "template", "svg"})
_VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})  # fmt: skip
_BLOCKS: Final = frozenset({"p", "div", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "section", "article", "blockquote", "pre"})  # fmt: skip
_QUOTED: Final = (
    "gmail_quote", "gmail_signature", "yahoo_quoted", "moz-cite-prefix", "moz-signature", "protonmail_quote", "protonmail_signature",
    "zmail_extra",
)  # fmt: skip
"""Classes by which mail programs name what they quote, and their signatures."""
_ENDS: Final = ("divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container", "ms-outlook-mobile-signature", "orimsghtmlseperator")  # fmt: skip
"""Names after which nothing is the author's own."""
_DEEPEST: Final = 500


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._silent = self._quoted = 0
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        named = f"{given.get('id', '')} {given.get('class', '')}".lower()
        self._over = self._over or any(name in named for name in _ENDS)
        if tag == "br" or tag in _BLOCKS:
            self._line()
        if tag in _VOID or len(self._open) >= _DEEPEST:
            return
        silent = tag in _SILENT or any(name in named for name in _QUOTED)
        self._open.append((tag, silent))
        self._silent += silent
        self._quoted += tag == "blockquote"

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _ in self._open):
            return
        while self._open:
            name, silent = self._open.pop()
            self._silent -= silent
            self._quoted -= name == "blockquote"
            if name == tag:
                break
        if tag in _BLOCKS:
            self._line()

    def handle_data(self, data: str) -> None:
        if self._over or self._silent:
            return
        words = " ".join(data.split())
        if not words:
            return
        if self._quoted and (not self.said or self.said[-1].endswith("\n")):
            self.said.append("> ")
        before = " " if data[:1].isspace() and self.said and not self.said[-1].endswith(("\n", " ")) else ""
        self.said.append(before + words + (" " if data[-1:].isspace() else ""))

    def _line(self) -> None:
        self.said.append("\n")


def text_of(html: str) -> str:
    """What a reader sees of an HTML mail, line by line; quoted lines begin with `>`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.said).split("\n"))
    found: list[str] = []
    for line in lines:
        if line or (found and found[-1]):
            found.append(line)
    return "\n".join(found).strip()
