"""The styles of a mail, written into its elements for the readers that drop those of its head. What depends on the screen stays there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import css_inline

_PAINTER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_SAID: Final = re.compile(r'<style\b.*?</style>|(?<=href=")[^"]+|(?<=>)[^<]*[^<\s][^<]*', re.DOTALL)
"""What a mail says between its tags, and where it leads; a style sheet says nothing."""
_PLACE: Final = re.compile("\ue000([0-9]+)\ue001")


def painted(html: str) -> str:
    """The mail with the styles of its head in its elements.

    Styles depend on the tags, not on what stands between them: mails of one shape are painted once.
    """
    said: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        if found.group().startswith("<style"):
            return found.group()
        said.append(found.group())
        return f"\ue000{len(said) - 1}\ue001"

    shape = _painted_shape(_SAID.sub(put_aside, html))
    return _PLACE.sub(lambda found: said[int(found[1])], shape)


@lru_cache(maxsize=512)
def _painted_shape(shape: str) -> str:
    return _PAINTER.inline(shape)
