"""``tensorrt.log``: every record that the library logs, and what reaches file descriptors 1 and 2."""

from __future__ import annotations

import os
from typing import Dict

SEVERITIES: Dict[str, str] = {
    "INTERNAL_ERROR": "F",
    "ERROR": "E",
    "WARNING": "W",
    "INFO": "I",
    "VERBOSE": "V",
}
# Where there is no device: an error from 10 on, a warning before, what an uncaught exception says in 10.6.
NO_DEVICE = "CUDA initialization failure"
_NO_DEVICE = NO_DEVICE.encode()
_CUT = b"[O] log cut: it reached its limit of %d bytes; later records are lost\n"


def record(letter: str, text: str) -> bytes:
    """``[W] text``; the further lines of a record begin with two spaces and a bar."""
    body = text.rstrip("\n").replace("\n", "\n  | ")
    return "[{}] {}\n".format(letter, body).encode("utf-8", "backslashreplace")


class TensorRTLog:
    """Appends to the log until ``limit`` bytes; counts what it could not write and never raises.

    ``error`` is the system's word where the file could not be written; ``no_device`` what the output said of a
    missing device.

    The child and the parent of a case hold one each on the same file, so the file's own size counts.
    """

    def __init__(self, folder: str, limit: int) -> None:
        self._limit = limit
        self._file = os.open(os.path.join(folder, "tensorrt.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._rest = b""
        self.cut = False
        self.lost = 0
        self.error = ""
        self.no_device = ""

    def write(self, letter: str, text: str) -> None:
        self._append(record(letter, text))

    def write_output(self, data: bytes) -> None:
        """Bytes from descriptors 1 and 2, in pieces as they come; whole lines are written."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for text in lines:
            if not self.no_device and _NO_DEVICE in text:
                self.no_device = text[text.index(_NO_DEVICE) :].decode("utf-8", "replace")
            self._append(b"[O] " + text + b"\n")
        if len(self._rest) > 65536:
            self.flush_output()

    def flush_output(self) -> None:
        if self._rest:
            self._append(b"[O] " + self._rest + b"\n")
            self._rest = b""

    def close(self) -> None:
        self.flush_output()
        os.close(self._file)

    def _append(self, data: bytes) -> None:
        if self.cut:
            self.lost += 1
            return
        try:
            if os.fstat(self._file).st_size + len(data) > self._limit:
                self.cut = True
                self.lost += 1
                data = _CUT % self._limit
            os.write(self._file, data)
        except OSError as error:
            self.lost += 1
            self.error = error.strerror or str(error)
