"""Answers in the language of who asks: the words of ours that an answer bears, never what people typed."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import JSONResponse

from notifications.languages import language, said_again

WORDS: Final = frozenset({"label", "message", "title", "todo", "says"})
"""Where an answer bears words of ours."""


class SpokenJson(JSONResponse):
    """JSON whose labels, titles and messages are said in the language that is spoken; its codes are the same in all of them."""

    def render(self, content: Any) -> bytes:
        """The bytes of an answer."""
        return super().render(content if language().is_french else spoken(content))


def spoken(content: Any, of: str = "") -> Any:
    """The same content, with the words of ours in the language that is spoken."""
    if isinstance(content, dict):
        return {name: spoken(value, name) for name, value in content.items()}
    if isinstance(content, list):
        return [spoken(one, of) for one in content]
    return said_again(content) if of in WORDS and isinstance(content, str) else content
