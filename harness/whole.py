"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write beside ``path``, then put it in its place: whoever reads sees the old file or the new one.

    Its folder must be there. Raises ``OSError``.
    """
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
