"""What a comparison finds, as records."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import msgspec

from harness.evidence.records import Record


class Kind(StrEnum):
    """Of a change, from the most to the least pressing."""

    BROKEN = "broken"
    STOPPED = "stopped"
    VANISHED = "vanished"
    WARNED = "warned"
    MUTE = "mute"
    COUNT = "count"
    ACCURACY = "accuracy"
    LATENCY = "latency"
    STILL_BROKEN = "still-broken"
    BUILD_TIME = "build-time"
    INCOMPARABLE = "incomparable"
    ENGINE = "engine"
    OTHER = "other"
    CLEARED = "cleared"
    FIXED = "fixed"
    APPEARED = "appeared"

    @property
    def heading(self) -> str:
        return _HEADINGS[self]


_HEADINGS = {
    Kind.BROKEN: "Newly broken",
    Kind.STOPPED: "No longer executed",
    Kind.VANISHED: "Vanished",
    Kind.WARNED: "Newly warned",
    Kind.MUTE: "Newly mute (the risk is still there)",
    Kind.COUNT: "Changed counts",
    Kind.ACCURACY: "Accuracy",
    Kind.LATENCY: "Latency",
    Kind.STILL_BROKEN: "Still broken",
    Kind.BUILD_TIME: "Build time",
    Kind.INCOMPARABLE: "Not comparable",
    Kind.ENGINE: "Engine structure",
    Kind.OTHER: "Other numbers",
    Kind.CLEARED: "No longer warned",
    Kind.FIXED: "Fixed",
    Kind.APPEARED: "New",
}


# A change for the worse of these kinds makes ``compare`` end with 1. A build's time is told, but it depends on
# what else the host was doing.
WORSENING = frozenset(
    (Kind.BROKEN, Kind.STOPPED, Kind.VANISHED, Kind.WARNED, Kind.MUTE, Kind.COUNT, Kind.ACCURACY, Kind.LATENCY)
)


class Proof(Record, frozen=True, kw_only=True):
    """Where a side's word comes from: a run, and the path of a file or folder in it, with the file's line."""

    run: str = ""
    path: str = ""
    line: int | None = None


class Change(Record, frozen=True, kw_only=True):
    """One difference. ``cell`` is the newer side's; ``cell_before`` differs where the release moved."""

    kind: Kind
    cell: str
    cell_before: str
    case: str
    text: str
    name: str = ""
    before: str | float | None = None
    after: str | float | None = None
    worse: bool = False
    waived: str = ""
    proof_before: Proof = Proof()
    proof_after: Proof = Proof()


class Suspect(Record, frozen=True, kw_only=True):
    """What else the records say changed, with the changed cases (``CELL / CASE``) that it may explain."""

    text: str
    cases: list[str]


class Comparison(Record, frozen=True, kw_only=True):
    """All differences between two sides, the pressing first. ``compared``: cases that ran on both."""

    schema: str = "trt-matrix/comparison/1"
    before: str
    after: str
    compared: int
    changes: list[Change]
    with_it: list[Suspect] = msgspec.field(default_factory=list)

    def failing(self, kinds: Collection[Kind] = WORSENING) -> list[Change]:
        """The changes for the worse of these kinds that nothing waives."""
        return [change for change in self.changes if change.worse and not change.waived and change.kind in kinds]
