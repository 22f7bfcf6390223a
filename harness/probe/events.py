"""``events.jsonl``: one JSON object a line, whole on disk before the next thing happens."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional

from .outcome import Outcome

FORMAT = 1


def line(event: str, fields: Dict[str, Any]) -> bytes:
    """One event as it is written, the newline included."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = json.dumps({"t": now, "event": event, **fields}, ensure_ascii=True, allow_nan=False, default=str)
    return text.encode("ascii") + b"\n"


class EventLog:
    """Appends events to a file and, for live progress, a few of them to a pipe of the host.

    Every line is one ``write`` to a descriptor opened for appending, so that the child and the parent of a
    case may both write.
    """

    SHOWN = frozenset({"start", "stage", "outcome"})

    def __init__(self, folder: str, case: str, progress: Optional[int] = None) -> None:
        self._case = case
        self._progress = progress
        self._file = os.open(os.path.join(folder, "events.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, event: str, **fields: Any) -> None:
        os.write(self._file, line(event, fields))
        if self._progress is not None and event in self.SHOWN:
            say(self._progress, event, case=self._case, **{k: v for k, v in fields.items() if k != "case"})

    def close(self) -> None:
        os.close(self._file)


def say(progress: int, event: str, **fields: Any) -> None:
    """Tell the host; a host that no longer listens is no reason to stop."""
    try:
        os.write(progress, line(event, fields))
    except OSError:
        return


def last_outcome(folder: str) -> Optional[Outcome]:
    """The last word of a case; ``None`` where it was cut off before it."""
    try:
        with open(os.path.join(folder, "events.jsonl"), "rb") as file:
            last = file.read().splitlines()[-1:]
    except OSError:
        return None
    for text in last:
        value = _event(text)
        if value.get("event") == "outcome":
            return Outcome(value["outcome"], value["reason"])
    return None


def named(folder: str, name: str) -> List[Dict[str, Any]]:
    """The events of one name that a case has left."""
    try:
        with open(os.path.join(folder, "events.jsonl"), "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    return [value for value in map(_event, lines) if value.get("event") == name]


def _event(text: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
