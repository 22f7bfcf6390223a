"""What of the user's own code will not survive an upgrade, as statements of a triage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.analysis.statements import Section, Statement
from harness.api.check import check
from harness.api.judge import Finding
from harness.versions import Release


def broken_code(files: Sequence[Path], old: Release, new: Release) -> Section:
    """What ``api check`` finds; what the older release lacks as well is left out.

    Raises InputError where a file cannot be read, UsageError where the API of a release is not known.
    """
    report = check(files, [new], old)
    statements = [
        *(_statement(finding) for finding in report.findings),
        *(Statement(text=f"not judged: {note}") for note in report.notes),
    ]
    return Section(title="Your code", none=_none(len(report.files)), statements=statements)


def _statement(finding: Finding) -> Statement:
    words = f"{finding.file}:{finding.line}:{finding.column}: {finding.level.value}: {finding.message}"
    use = f"; use {finding.use}" if finding.use else ""
    return Statement(text=words + use, sources=[finding.source] if finding.source else [])


def _none(files: int) -> str:
    return f"Nothing breaks in {files} file{'' if files == 1 else 's'}."
