"""The launcher, as a new user meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_without_a_word_it_says_what_it_can_do() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "qp")], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "test" in done.stdout
    assert "check" in done.stdout


def test_locks_carry_hashes_and_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "http:" not in text
        assert "https:" not in text
        assert "index-url" not in text
