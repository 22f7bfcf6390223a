"""The negative control: a model that every parser must refuse, run in every cell."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.read import read_case
from harness.evidence.records import Finding, Outcome, Severity
from harness.execute.job import NEGATIVE_CONTROL


def accepted(cell_folder: Path) -> list[Finding]:
    """A finding where the control was not refused: then the cell's passes prove nothing.

    Where not even a parser could be had (no device), the control did not run, and nothing passed.
    """
    control = read_case(cell_folder / NEGATIVE_CONTROL)
    if control.outcome in (None, Outcome.PASSED, Outcome.NOT_RUN):
        return []
    return [
        Finding(
            rule="negative-control-accepted",
            title="The negative control did not fail as it must",
            severity=Severity.FATAL,
            facts={"outcome": control.outcome.value, "reason": control.reason},
            explanation="A model that every parser must refuse was not refused here: this cell's passes prove nothing.",
        )
    ]
