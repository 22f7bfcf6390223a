"""Waivers: what ``matrix.yaml`` says is expected to go wrong, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Waiver:
    """An expected finding or outcome of some cases of some cells.

    ``cell``, ``case`` and ``finding`` (a rule's id) are shell patterns; ``outcome`` is one of
    ``records.Outcome``. At least one of ``finding`` and ``outcome`` is set. The waiver holds to the
    end of the day ``expires`` (UTC); ``None``: without end. ``line`` is its place in the matrix file.
    """

    reason: str
    cell: str = "*"
    case: str = "*"
    finding: str = ""
    outcome: str = ""
    link: str = ""
    expires: date | None = None
    line: int | None = None

    @property
    def id(self) -> str:
        """``int8-plugin-scale @ trt8.6.1-* / *``: the same words in every output."""
        what = " and ".join(word for word in (self.finding, self.outcome) if word)
        return f"{what} @ {self.cell} / {self.case}"

    def covers(self, cell_id: str, case_id: str) -> bool:
        """The waiver speaks of this case."""
        return fnmatchcase(cell_id, self.cell) and fnmatchcase(case_id, self.case)

    def expects_finding(self, rule: str) -> bool:
        return bool(self.finding) and fnmatchcase(rule, self.finding)

    def expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires
