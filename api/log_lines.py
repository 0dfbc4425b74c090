"""What a process writes down of itself: one line for each thing, in UTC, by ids and routes; never a name, an address or a word of somebody's."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog
from fastapi import Request
from starlette.types import Message, Receive, Scope, Send

from api.around import Around
from api.rate_limits import asker_of

_OURS: Final = ("api", "notifications", "cases", "uvicorn")
"""Who is heard from the level of information; the libraries only when something is wrong: theirs may name what was asked of a register."""
_ROOT: Final = Path(__file__).parent.parent
_log = structlog.get_logger(__name__)


def write_lines(form: str = "text", to: TextIO = sys.stdout) -> None:
    """From now on each line says when, how grave, from where and what; `json` for tools, otherwise words and values, quoted."""
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _WORDS
    handler = logging.StreamHandler(to)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def note_signed_in(request: Request, person_id: str) -> None:
    """Somebody came in: who, by which door, from which network."""
    _log.info("signed_in", person=person_id, **_where(request))


def note_refused(request: Request, why: str) -> None:
    """Somebody did not come in, or tried what is not done: by which door, and why."""
    _log.warning("sign_in_refused", why=why, **_where(request))


class Logged(Around):
    """Writes down each request that was refused or that failed, under its route: an address may hold a link's secret."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            if status >= 400:
                _note_answer(Request(scope), status)


def _note_answer(request: Request, status: int) -> None:
    found = getattr(request.state, "signed_in", None)
    person = found.identity.person if found else getattr(request.state, "person", None)
    known = {"person": person} if person else {}
    if status >= 500:
        _log.error("request_failed", status=status, **known, **_fault(sys.exc_info()[1]), **_where(request))
    else:
        _log.warning("request_refused", status=status, **known, **_where(request))


def _where(request: Request) -> dict[str, Any]:
    route = getattr(request.scope.get("route"), "path", "none")
    number = getattr(request.state, "request_id", "")
    return {"method": request.method, "route": route, "request_id": number, "network": asker_of(request)}


def _without_words(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error as its kind and where it arose: its message may hold what somebody typed."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    line.update(_fault(error))
    return line


def _fault(error: Any) -> dict[str, Any]:
    """The kind of an error, and where it went through: file, line and function, the innermost last."""
    if not isinstance(error, BaseException):
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "at_fault": [f"{_short(one.filename)}:{one.lineno} {one.name}" for one in frames],
    }


def _short(file: str) -> str:
    path = Path(file)
    return path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else "/".join(path.parts[-2:])


_SHARED: Final[list[Any]] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    _without_words,
]
_WORDS: Final = structlog.processors.KeyValueRenderer(key_order=["at", "level", "logger", "event"])
