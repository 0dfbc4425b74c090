"""The product at an address of this machine, as long as a browser test lasts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import uvicorn
from fastapi import FastAPI

from api.settings import Settings


@contextmanager
def served(made: Callable[[Settings], FastAPI]) -> Iterator[str]:
    """Serve the application that `made` gives for these settings; the address where it answers."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    settings = Settings(secret_key="a key for the tests, and for nothing else", base_url=base)
    server = uvicorn.Server(uvicorn.Config(made(settings), host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield base
    server.should_exit = True
    thread.join(10)
