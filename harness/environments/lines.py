"""Text lines out of a stream of bytes, with a bound on what is kept, whatever a container prints."""

from __future__ import annotations

from collections.abc import Callable

LONGEST = 64 * 1024


class Lines:
    """Feed it bytes; it hands on whole lines. A line longer than ``LONGEST`` bytes is cut and says so.

    After ``limit`` bytes nothing is handed on any more, and ``flooded`` is true.
    """

    def __init__(self, on_line: Callable[[str], None], limit: int) -> None:
        self.flooded = False
        self._on_line = on_line
        self._left = limit
        self._rest = bytearray()
        self._skipping = False

    def feed(self, piece: bytes) -> None:
        if len(piece) > self._left:
            self.flooded = True
        piece = piece[: self._left]
        self._left -= len(piece)
        *whole, rest = piece.split(b"\n")
        for part in whole:
            self._take(part)
            self._end_line()
        self._take(rest)

    def close(self) -> None:
        """Hand on what stands without a line feed at the end."""
        if self._rest:
            self._end_line()

    def _take(self, part: bytes) -> None:
        if self._skipping:
            return
        room = LONGEST - len(self._rest)
        self._rest += part[:room]
        if len(part) > room:
            self._rest += b" [cut]"
            self._skipping = True

    def _end_line(self) -> None:
        self._on_line(self._rest.decode("utf-8", "replace").rstrip("\r"))
        self._rest.clear()
        self._skipping = False
