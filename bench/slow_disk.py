"""A disk that takes longer to keep what it is given: this machine's may answer in a tenth of a millisecond, a small server's takes one or several."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NoReturn

_AS_SLOW: Final = "QP_BENCH_DISK"
_SOURCE: Final = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int after_a_while(const char *name, int file) {
    struct timespec more = {0, DELAY};
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    nanosleep(&more, 0);
    return real(file);
}
int fsync(int file) { return after_a_while("fsync", file); }
int fdatasync(int file) { return after_a_while("fdatasync", file); }
"""


class NoCompiler(Exception):
    """There is no C compiler to make the slow disk with: apt-get install gcc libc6-dev."""


def run_again_on_it(milliseconds: float) -> None:
    """Start this very command again with each fsync so much longer, unless it runs that way already. Raises NoCompiler."""
    if not milliseconds or os.environ.get(_AS_SLOW) == str(milliseconds):
        return
    library = _compiled(milliseconds)
    _become({**os.environ, "LD_PRELOAD": str(library), _AS_SLOW: str(milliseconds)})


def _compiled(milliseconds: float) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompiler(NoCompiler.__doc__)
    library = Path(tempfile.gettempdir()) / f"slow-disk-{milliseconds}-{os.getpid()}.so"
    delay = f"-DDELAY={round(milliseconds * 1_000_000)}L"
    command = [compiler, "-shared", "-fPIC", "-O1", delay, "-x", "c", "-", "-o", str(library), "-ldl"]
    subprocess.run(command, input=_SOURCE, text=True, check=True)
    return library


def _become(environment: dict[str, str]) -> NoReturn:
    os.execve(sys.executable, sys.orig_argv, environment)
