"""Where the bytes of documents are kept: a folder, each file under the hash of its content, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import Final

_PATH: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}")


class Files:
    """The files of a deployment, in one folder that is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Keep a content, once however often it comes, and give its path in the folder: it is on the disk when this returns."""
        digest = hashlib.sha256(content).hexdigest()
        path = f"{digest[:2]}/{digest}"
        wanted = self._folder / path
        if not wanted.exists():
            wanted.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(wanted, content)
        return path

    def read(self, path: str) -> bytes:
        """The content that is kept under a path that `keep` gave. Raises FileNotFoundError when there is none."""
        return self._at(path).read_bytes()

    def drop(self, path: str) -> None:
        """Remove what is kept under a path, if it is still there."""
        self._at(path).unlink(missing_ok=True)

    def _at(self, path: str) -> Path:
        if not _PATH.fullmatch(path):
            raise FileNotFoundError(path)
        return self._folder / path


def _write_whole(wanted: Path, content: bytes) -> None:
    """Under another name first, so that nobody ever reads a half; the folder too is made durable."""
    half = wanted.with_name(f"{wanted.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(wanted)
    for folder in (wanted.parent, wanted.parent.parent):
        _make_durable(folder)


def _make_durable(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
