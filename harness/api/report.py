"""What the check found, as text and as JSON."""

from __future__ import annotations

from harness.api.check import Report
from harness.api.judge import Finding, Level
from harness.neutral import one_line


def report_text(report: Report) -> str:
    """One finding a line, ``file:line:column``; then what was ignored or could not be looked at, and a count."""
    lines = []
    groups = _grouped(report.findings)
    for finding, releases in groups:
        lines.append(_line(finding, releases))
        if finding.use:
            lines.append(f"    use: {finding.use}")
    lines += [f"{_place(finding)}: ignored: {finding.symbol}: {one_line(reason)}" for finding, reason in report.ignored]
    lines += [f"note: {one_line(note)}" for note in report.notes]
    return "\n".join([*lines, _summary(report, groups)])


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
    # Findings of the same releases share their tuple: its names are made once.
    names = {id(one.releases): list(map(str, one.releases)) for one in {id(f.releases): f for f in findings}.values()}
    return [(group[0], [name for one in group for name in names[id(one.releases)]]) for group in groups.values()]


def _summary(report: Report, groups: list[tuple[Finding, list[str]]]) -> str:
    counts = {level: sum(finding.level is level for finding, _ in groups) for level in Level}
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
