"""Read what a probe left behind into records.

Evidence may come from a process that was killed, from another machine or from an older program: a damaged
line is passed over and counted, never guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from harness.evidence.records import Attestation, Outcome, Stage

EVENTS_FORMAT = 1
_LIMIT_BYTES = 64 * 1024 * 1024

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """The story that a case's ``events.jsonl`` tells. ``outcome`` is ``None`` where it stops short."""

    stage: Stage | None = None
    outcome: Outcome | None = None
    reason: str = ""
    steps_s: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    engine: Event = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    damaged_lines: int = 0
    duration_s: float | None = None


def read_case(folder: Path) -> CaseEvidence:
    """Fold a case's events, in their order."""
    stage: Stage | None = None
    outcome: Outcome | None = None
    reason, damaged = "", 0
    steps: dict[str, float] = {}
    metrics: dict[str, float] = {}
    engine: Event = {}
    notes: list[str] = []
    times: list[datetime] = []
    for event in events(folder / "events.jsonl"):
        times += _time(event)
        match event:
            case None:
                damaged += 1
            case {"event": "stage", "stage": str(name)} if name in list(Stage):
                stage = Stage(name)
            case {"event": "timing", "name": str(name), "seconds": int() | float() as seconds}:
                steps[name] = float(seconds)
            case {"event": "metric", "name": str(name), "value": int() | float() as value}:
                metrics[name] = float(value)
            case {"event": "engine"}:
                engine = event
            case {"event": "note", "text": str(text)}:
                notes.append(text)
            case {"event": "outcome", "outcome": str(name)} if name in list(Outcome):
                outcome, reason = Outcome(name), str(event.get("reason", ""))
            case _:
                pass
    duration = (times[-1] - times[0]).total_seconds() if len(times) > 1 else None
    return CaseEvidence(stage, outcome, reason, steps, metrics, engine, tuple(notes), damaged, duration)


def _time(event: Event | None) -> list[datetime]:
    """When an event happened; empty where it does not say."""
    try:
        return [datetime.fromisoformat(event["t"])] if event else []
    except (KeyError, TypeError, ValueError):
        return []


def events(path: Path) -> Iterator[Event | None]:
    """The events of a file; ``None`` for a line that is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT_BYTES)
    except OSError:
        return
    for line in data.splitlines():
        yield parse_event(line)


def parse_event(line: bytes | str) -> Event | None:
    """One line of ``events.jsonl``, or of what a probe prints; ``None`` where it is no event."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def read_attestation(cell_folder: Path) -> Attestation | None:
    """What was loaded, or ``None`` where the probe did not come so far."""
    try:
        return msgspec.json.decode((cell_folder / "attestation.json").read_bytes(), type=Attestation)
    except (OSError, msgspec.MsgspecError):
        return None
