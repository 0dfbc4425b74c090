"""What the processes of a run make once and share: the first that needs it makes it, while the others wait."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def shared_folder(base: Path) -> Path:
    """The folder of the whole run, from that of this process: one level up for a test process of xdist."""
    return base.parent if base.name.startswith("popen-") else base


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """One process at a time."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
