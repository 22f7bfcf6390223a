"""Which finding is the first cause, and which are its consequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.evidence.records import Severity
from harness.findings.rules.model import Rule

UNKNOWN = "unknown-error"
# C++ says that it gives up first, and in the next line why (`what()`).
_GIVES_UP = f"{UNKNOWN}: terminate called after throwing"


def consequences(order: Sequence[str], rules: Mapping[str, Rule], fatal: Sequence[str]) -> dict[str, str]:
    """For each finding that follows from another: which one.

    ``order`` holds the findings as the log has them (of each its first place), ``fatal`` those that end a build.
    """
    found = set(order)
    cause: dict[str, str] = {}
    for position, name in enumerate(order):
        rule = rules.get(name)
        if rule is None:
            reason = order[position + 1] if position + 1 < len(order) and name.startswith(_GIVES_UP) else ""
            if reason in fatal and reason in rules and not rules[reason].trailing:
                cause[name] = reason
            continue
        declared = next((other for other in rule.consequence_of if other in found), "")
        before = [other for other in order[:position] if other in fatal and other not in cause]
        if declared:
            cause[name] = declared
        elif rule.trailing and before:
            cause[name] = before[-1]
    return cause


def first_cause(order: Sequence[str], cause: Mapping[str, str], severity: Mapping[str, Severity]) -> str:
    """The earliest of the worst that follows from nothing else."""
    roots = [name for name in order if name not in cause]
    for worst in (Severity.FATAL, Severity.DEGRADED):
        for name in roots:
            if severity[name] is worst:
                return name
    return ""
