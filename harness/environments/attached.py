"""What a running container prints, and its standard input, over one connection to the daemon."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any


class Attached:
    """A connection to a running container. Closing it lets the container's input end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._deadline = 0.0

    def pieces(self, deadline: float) -> Iterator[bytes]:
        """What the container prints, both outputs in the order in which they come, until it ends or the daemon goes.

        Raises ``TimeoutError`` at ``deadline`` (of the monotonic clock).
        """
        self._deadline = deadline
        while header := self._exactly(8):
            _, left = struct.unpack(">BxxxL", header)
            while left:
                piece = self._receive(min(left, 1 << 16))
                if not piece:
                    return
                left -= len(piece)
                yield piece

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        # The SDK hangs the response on the stream; closed in this order nothing stays open.
        self._stream._response.close()
        self._stream.close()
        self._socket.close()

    def _exactly(self, number: int) -> bytes:
        data = b""
        while len(data) < number:
            piece = self._receive(number - len(data))
            if not piece:
                return b""
            data += piece
        return data

    def _receive(self, number: int) -> bytes:
        self._socket.settimeout(max(0.01, self._deadline - time.monotonic()))
        try:
            return self._socket.recv(number)
        except ConnectionError:
            return b""
