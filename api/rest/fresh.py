"""Answers that are asked again often: who has the same already is told so, and nothing is sent twice (RFC 9110, 13.1.2)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from fastapi import Request, Response

SVG: Final = "image/svg+xml"
DRAWING: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {SVG: {}}, "description": "The drawing."}}
"""What a route that draws answers, for the interface's own description."""


def fresh(request: Request, content: bytes, media_type: str) -> Response:
    """The content with its ETag; 304 and no content for who has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def fresh_json(request: Request, data: Any) -> Response:
    """The same for data."""
    return fresh(request, json.dumps(data, ensure_ascii=False).encode(), "application/json")
