"""What the check found, as text and as JSON."""

from __future__ import annotations

from harness.api.check import Report
from harness.api.judge import Finding, Level
from harness.neutral import one_line


def report_text(report: Report) -> str:
    """One finding a line, ``file:line:column``; then what was ignored or could not be looked at, and a count."""
    lines = []
    for finding, releases in _grouped(report.findings):
        lines.append(_line(finding, releases))
        if finding.use:
            lines.append(f"    use: {finding.use}")
    lines += [f"{_place(finding)}: ignored: {finding.symbol}: {one_line(reason)}" for finding, reason in report.ignored]
    lines += [f"note: {one_line(note)}" for note in report.notes]
    return "\n".join([*lines, _summary(report)])


def _line(finding: Finding, releases: list[str]) -> str:
    where = f" [on {', '.join(releases)}]" if len(releases) > 1 else ""
    return f"{_place(finding)}: {finding.level.value}: {one_line(finding.message)}{where}"


def _place(finding: Finding) -> str:
    return f"{one_line(finding.file)}:{finding.line}:{finding.column}"


def _grouped(findings: list[Finding]) -> list[tuple[Finding, list[str]]]:
    """Findings of one place together, with the releases that they hold for, oldest first."""
    groups: dict[tuple[str, int, int, str, Level], list[Finding]] = {}
    for finding in findings:
        key = (finding.file, finding.line, finding.column, finding.symbol, finding.level)
        groups.setdefault(key, []).append(finding)
    return [(group[0], [str(release) for one in group for release in one.releases]) for group in groups.values()]


def _summary(report: Report) -> str:
    groups = [finding for finding, _ in _grouped(report.findings)]
    counts = {level: sum(finding.level is level for finding in groups) for level in Level}
    words = ", ".join(f"{number} {level.value}" for level, number in counts.items())
    files = f"{len(report.files)} file{'' if len(report.files) == 1 else 's'}"
    return f"{files}: {words}, {len(report.ignored)} ignored"


def report_json(report: Report) -> dict[str, object]:
    """The report as builtins: ``format`` 1."""
    return {
        "format": 1,
        "files": report.files,
        "findings": [_finding_json(finding) for finding in report.findings],
        "ignored": [{**_finding_json(finding), "reason": reason} for finding, reason in report.ignored],
        "notes": report.notes,
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "end_column": finding.end_column,
        "symbol": finding.symbol,
        "level": finding.level.value,
        "releases": [str(release) for release in finding.releases],
        "message": finding.message,
        "gone_from": str(finding.gone_from) if finding.gone_from else None,
        "use": finding.use,
        "source": finding.source,
    }
