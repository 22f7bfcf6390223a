"""How a case ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict


class NotApplicable(Exception):
    """The release has no such API; the message names it."""


class CaseFailed(Exception):
    """The case cannot go on; the message is its reason."""


class NotRun(Exception):
    """This machine lacks what the case needs; the message names it."""


@dataclass(frozen=True)
class Outcome:
    """``passed``, ``failed``, ``crashed``, ``timed-out``, ``not-applicable`` or ``not-run``, and why."""

    outcome: str
    reason: str = ""

    def noting(self, text: str) -> "Outcome":
        return Outcome(self.outcome, "; ".join(part for part in (self.reason, text) if part))

    def fields(self) -> Dict[str, str]:
        return {"outcome": self.outcome, "reason": self.reason}


PASSED = Outcome("passed")


def without_device(said: str) -> str:
    """The reason of a case that found no GPU, with the first line of what the library said."""
    return "no CUDA device: " + said.splitlines()[0]
