"""What reading a damaged zip file can raise."""

from __future__ import annotations

import struct
import zipfile
import zlib

# RuntimeError: encrypted; OSError: an offset before the file's start; the rest as named.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, KeyError, NotImplementedError, OSError,
    RuntimeError,
)  # fmt: skip
