"""Hashes of evidence. A folder whose files have not changed since is not read again.

Unchanged is what ``make`` and ``git`` mean by it: the same names, sizes, times of change and inodes. Evidence that is
used again is linked, so it keeps all of these.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.history.files import File, digest_of_file, files_under
from harness.whole import write_whole

# A file that changed this short a time ago could change again without a new time.
_SETTLED_NS = 2_000_000_000


class Digests:
    """Hashes of folders; those of settled folders are remembered in ``memory``, of others and without it worked out."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._known: dict[bytes, bytes] = {}
        self._used: dict[bytes, bytes] = {}
        if memory is not None:
            with suppress(OSError, msgspec.MsgspecError):
                self._known = msgspec.msgpack.decode(memory.read_bytes(), type=dict[bytes, bytes])

    def of_folder(self, folder: Path) -> bytes | None:
        """One SHA-256 over the names, sizes and hashes of all plain files; ``None`` where there are none.

        It tells whether a case's evidence is still what the run left. Links are not followed.
        """
        files = files_under(folder)
        if not files:
            return None
        state = _state(files)
        digest = self._known.get(state) if state else None
        digest = digest or _digest(files)
        if state:
            self._used[state] = digest
        return digest

    def keep(self) -> None:
        """Remember what was asked for; what was not is forgotten. A memory that cannot be written costs time alone."""
        if self._memory is None or self._used == self._known:
            return
        with suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._memory, msgspec.msgpack.encode(self._used))


def _state(files: list[File]) -> bytes:
    """Of all that a change would change; empty where a file is too new to tell."""
    newest = max(status.st_mtime_ns for _, _, status in files)
    if newest > time.time_ns() - _SETTLED_NS:
        return b""
    told = [(name, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev) for name, _, status in files]
    return hashlib.sha256(msgspec.msgpack.encode(told)).digest()


def _digest(files: list[File]) -> bytes:
    whole = hashlib.sha256()
    for name, path, status in files:
        whole.update(f"{name}\0{status.st_size}\0{digest_of_file(path)}\n".encode())
    return whole.digest()
