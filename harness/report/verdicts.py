"""What was said of a case before its evidence was read again, in words."""

from __future__ import annotations

from collections.abc import Sequence

from harness.history.reread import Verdict
from harness.neutral import one_line


def as_text(verdicts: Sequence[Verdict]) -> str:
    """A line for each earlier verdict, oldest first; nothing where there is none."""
    lines = [_line(verdict) for verdict in verdicts]
    return "\n".join(["", "before its evidence was read again:", *lines, ""]) if lines else ""


def _line(verdict: Verdict) -> str:
    rules = ", ".join(dict.fromkeys(finding.rule for finding in verdict.case.findings)) or "no finding"
    until = verdict.replaced[:16].replace("T", " ")
    return f"  until {until} UTC  {verdict.outcome.value}; {one_line(rules)}"
