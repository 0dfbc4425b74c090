"""A mail server that takes every letter and keeps only its Message-ID; it may think so many seconds before each answer."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import cast

_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class Sink:
    """Where the sink listens, and what it took."""

    def __init__(self, process: BaseProcess, ours: Connection) -> None:
        self._process, self._ours = process, ours
        self.port = int(ours.recv())

    def url(self, connections: int) -> str:
        """Its address, as in `QP_SMTP_URL`."""
        return f"smtp://127.0.0.1:{self.port}?starttls=off&connections={connections}"

    def taken(self) -> list[str]:
        """The Message-ID of every letter since the last time, in their order."""
        self._ours.send("taken")
        return cast(list[str], self._ours.recv())


@contextmanager
def running_sink(seconds: float = 0) -> Iterator[Sink]:
    """A sink in a process of its own, which thinks that long before each answer."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, seconds), daemon=True)
    process.start()
    try:
        yield Sink(process, ours)
    finally:
        process.terminate()
        process.join()


def _serve(theirs: Connection, seconds: float) -> None:
    asyncio.run(_listen(theirs, seconds))


async def _listen(theirs: Connection, seconds: float) -> None:
    loop, taken = asyncio.get_running_loop(), list[str]()
    server = await loop.create_server(lambda: _Conversation(taken, seconds), "127.0.0.1", 0)
    theirs.send(server.sockets[0].getsockname()[1])

    def tell() -> None:
        theirs.recv()
        theirs.send(list(taken))
        taken.clear()

    loop.add_reader(theirs.fileno(), tell)
    await server.serve_forever()


class _Conversation(asyncio.Protocol):
    """One connection: the few words of SMTP that are needed. Source: RFC 5321."""

    def __init__(self, taken: list[str], seconds: float) -> None:
        self._taken, self._seconds = taken, seconds
        self._heard, self._in_letter = b"", False
        self._said: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast(asyncio.Transport, transport)
        self._say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        """Answer each command, and each letter."""
        self._heard += data
        while (end := self._heard.find(_END if self._in_letter else b"\r\n")) >= 0:
            size = len(_END) if self._in_letter else 2
            heard, self._heard = self._heard[:end], self._heard[end + size :]
            if self._in_letter:
                self._take(heard)
            else:
                self._answer(heard[:4].upper())

    def _take(self, letter: bytes) -> None:
        found = _ID.search(letter)
        self._taken.append(found[1].decode() if found else "")
        self._in_letter = False
        self._say(b"250 taken")

    def _answer(self, verb: bytes) -> None:
        self._in_letter = verb == b"DATA"
        self._say({b"DATA": b"354 go on", b"QUIT": b"221 bye", b"EHLO": b"250 sink"}.get(verb, b"250 ok"))

    def _say(self, words: bytes) -> None:
        if not self._seconds:
            self._transport.write(words + b"\r\n")
            return
        self._said.append(words)
        asyncio.get_running_loop().call_later(self._seconds, self._say_next)

    def _say_next(self) -> None:
        self._transport.write(self._said.popleft() + b"\r\n")
