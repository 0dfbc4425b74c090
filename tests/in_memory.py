"""Where the tests write: a folder that is kept in memory, when the machine has one with room enough."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

FOLDER = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes; a whole run leaves less than a quarter of it at any time."""


def memory_folder() -> Path | None:
    """That folder; None where there is none: the tests then write on the disk, and take longer."""
    there = FOLDER.is_dir() and os.access(FOLDER, os.W_OK)
    return FOLDER if there and shutil.disk_usage(FOLDER).free >= ROOM else None
