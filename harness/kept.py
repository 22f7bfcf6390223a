"""What was read from the package's own data, kept beside the code in the form in which it loads fastest.

Under the rules of Python's compiled modules: in ``__pycache__``, made again when the data changed, not written where
Python may not write, and never needed.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.whole import write_whole

_FOLDER = Path(__file__).parent / "__pycache__"


def kept(name: str, source: bytes, make: Callable[[], bytes]) -> bytes:
    """What ``make`` gives for ``source``, under ``name``; ``make`` is called where it is not there for that source."""
    path, key = _FOLDER / f"{name}.kept", hashlib.sha256(source).digest()
    with suppress(OSError):
        stored = path.read_bytes()
        if stored.startswith(key):
            return stored[len(key) :]
    made = make()
    if not sys.dont_write_bytecode:
        with suppress(OSError):
            write_whole(path, key + made)
    return made
