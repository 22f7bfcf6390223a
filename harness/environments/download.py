"""One big file over HTTPS: what was received before a cut is kept and asked for no more."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness.environments import Progress
from harness.errors import EnvironmentUnavailable

_BLOCK = 1 << 20
_TIMEOUT_S = 60.0
# Tries in a row that bring nothing.
_PATIENCE = 3
_PAUSE_S = 1.0


def download(url: str, into: Path, size: int, progress: Progress) -> None:
    """Fetch ``url``, of ``size`` bytes, into a file that has its name only when it is whole.

    Raises ``EnvironmentUnavailable`` where the server refuses or the line stays dead; another call goes on
    where this one was cut.
    """
    part = into.with_name(f"{into.name}.part")
    into.parent.mkdir(parents=True, exist_ok=True)
    failures = 0
    while (have := _size(part)) < size:
        try:
            _receive(url, part, have, size, progress)
        except urllib.error.HTTPError as error:
            raise EnvironmentUnavailable(f"{url}: HTTP {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            failures = 0 if _size(part) > have else failures + 1
            if failures >= _PATIENCE:
                raise EnvironmentUnavailable(f"{url}: {error}; call again to go on at {have} bytes") from error
            time.sleep(_PAUSE_S)
    part.rename(into)


def _receive(url: str, part: Path, have: int, size: int, progress: Progress) -> None:
    """Append to ``part`` until the connection ends; a server that cannot resume begins again."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - the user's configured repository
        resumed = answer.status == 206
        with part.open("ab" if resumed else "wb") as file:
            while block := answer.read(_BLOCK):
                file.write(block)
                progress(f"{part.stem}: {file.tell() // 1_000_000} of {size // 1_000_000} MB")
    if _size(part) < size:
        raise http.client.IncompleteRead(b"", size - _size(part))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
