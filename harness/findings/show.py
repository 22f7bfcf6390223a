"""Findings as plain text, for the terminal."""

from __future__ import annotations

from textwrap import fill

from harness.evidence.records import Finding
from harness.findings.classify import Classification
from harness.neutral import one_line

_WIDTH = 110
_NAMES = 8


def as_text(log: str, classified: Classification) -> str:
    """First cause first, its consequences under it."""
    head = one_line(log)
    if not classified.findings:
        return f"{head}: nothing known to be wrong, no unknown errors"
    return "\n".join([f"{head}:", *(part for finding in classified.findings for part in _lines(finding, classified))])


def _lines(finding: Finding, classified: Classification) -> list[str]:
    first = finding.rule == classified.first_cause and not finding.consequence_of
    indent = "      " if finding.consequence_of else "  "
    mark = "first cause: " if first else f"follows from {finding.consequence_of}: " if finding.consequence_of else ""
    lines = [f"{indent}{finding.severity.value:<9} {mark}{finding.title} [{finding.rule}]"]
    inner = indent + "  "
    lines += [f"{inner}{name}: {_value(value)}" for name, value in finding.facts.items()]
    if finding.evidence:
        place = finding.evidence[0]
        lines.append(f"{inner}line {place.line}: {place.text[:160]}")
    if finding.explanation and not finding.consequence_of:
        lines.append(fill(finding.explanation, _WIDTH, initial_indent=inner, subsequent_indent=inner))
    if not finding.consequence_of:
        lines += [
            fill(f"{number}. {remedy.text}", _WIDTH, initial_indent=inner, subsequent_indent=inner + "   ")
            for number, remedy in enumerate(finding.advice, 1)
        ]
    return lines


def _value(value: object) -> str:
    if isinstance(value, list):
        shown = ", ".join(one_line(str(one)) for one in value[:_NAMES])
        return f"{shown} and {len(value) - _NAMES} more" if len(value) > _NAMES else shown
    return one_line(str(value))
