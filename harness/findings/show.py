"""Findings as plain text, for the terminal."""

from __future__ import annotations

from textwrap import fill

from harness.evidence.records import Finding
from harness.findings.classify import Classification
from harness.neutral import one_line

# A terminal's; words longer than it (addresses, names) are not cut.
_WIDTH = 80
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
    lines = [_wrapped(f"{finding.severity.value:<9} {mark}{finding.title} [{finding.rule}]", indent, " " * 10)]
    inner = indent + "  "
    lines += [_wrapped(f"{name}: {_value(value)}", inner) for name, value in finding.facts.items()]
    if finding.evidence:
        place = finding.evidence[0]
        lines.append(_wrapped(f"line {place.line}: {place.text[:160]}", inner))
    if finding.consequence_of:
        return lines
    if finding.explanation:
        lines.append(_wrapped(finding.explanation, inner, hanging=""))
    for number, remedy in enumerate(finding.advice, 1):
        source = f" ({remedy.source})" if remedy.source else ""
        lines.append(_wrapped(f"{number}. {remedy.text}{source}", inner, hanging="   "))
    return lines


def _wrapped(text: str, indent: str, hanging: str = "  ") -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _value(value: object) -> str:
    if isinstance(value, list):
        shown = ", ".join(one_line(str(one)) for one in value[:_NAMES])
        return f"{shown} and {len(value) - _NAMES} more" if len(value) > _NAMES else shown
    return one_line(str(value))
