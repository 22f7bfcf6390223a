"""What a daemon says while it pulls or builds, in a few words; which of its complaints are worth another try."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from harness.environments import Progress

_T = TypeVar("_T")

_NETWORK = re.compile(
    r"timeout|timed out|connection (?:reset|refused|aborted)|unexpected EOF|\bEOF$|TLS handshake"
    r"|temporary failure|no such host|network is unreachable|server misbehaving"
    r"|received unexpected HTTP status: 5\d\d|toomanyrequests|502 Bad Gateway|503 Service|504 Gateway",
    re.IGNORECASE,
)
PAUSES_S = (2.0, 8.0)


class PullFailed(Exception):
    """The registry or the way to it failed; ``str`` is the daemon's message."""

    @property
    def network(self) -> bool:
        return bool(_NETWORK.search(str(self)))


class PullProgress:
    """Adds up a pull's messages: bytes over all layers, and layers done."""

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._layers: dict[str, tuple[int, int, bool]] = {}

    def feed(self, message: Mapping[str, object]) -> str:
        """Words for what is known so far; raises ``PullFailed`` where the message says so."""
        if "error" in message:
            raise PullFailed(str(message["error"]))
        layer, status = str(message.get("id", "")), str(message.get("status", ""))
        detail = message.get("progressDetail")
        if status == "Pulling fs layer":
            self._layers.setdefault(layer, (0, 0, False))
        elif status == "Downloading" and isinstance(detail, dict):
            self._layers[layer] = (int(detail.get("current") or 0), int(detail.get("total") or 0), False)
        elif status in ("Download complete", "Pull complete", "Already exists"):
            _, total, _ = self._layers.get(layer, (0, 0, False))
            self._layers[layer] = (total, total, status != "Download complete")
        return self.words()

    def words(self) -> str:
        have = sum(current for current, _, _ in self._layers.values())
        total = sum(total for _, total, _ in self._layers.values())
        done = sum(done for _, _, done in self._layers.values())
        layers = f"{done} of {len(self._layers)} layers"
        unpacking = 0 < total == have and all(of or ended for _, of, ended in self._layers.values())
        doing = "unpacking" if unpacking and done < len(self._layers) else "pulling"
        return f"{doing} {self._reference}: {layers}, {have / 1e6:.0f} of {total / 1e6:.0f} MB"


def retrying(action: Callable[[], _T], progress: Progress, pauses: tuple[float, ...] = PAUSES_S) -> _T:
    """Try again after each pause, but only what the network broke: a refusal stays a refusal."""
    for pause in pauses:
        try:
            return action()
        except PullFailed as error:
            if not error.network:
                raise
            progress(f"{error}; again in {pause:.0f} s")
            time.sleep(pause)
    return action()
