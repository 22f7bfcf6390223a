"""Findings as SARIF 2.1.0, so that CI annotates a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

from harness import __version__
from harness.api.judge import Finding, Level
from harness.neutral import neutral

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Level.BROKEN: "error", Level.LIKELY: "warning", Level.DEPRECATED: "note"}
_RULES = {
    Level.BROKEN: "A use of TensorRT's API that the release does not have",
    Level.LIKELY: "A use that, by its name, the release does not have",
    Level.DEPRECATED: "A use that the release's documentation calls deprecated",
}


def sarif(findings: Sequence[Finding], ignored: Sequence[tuple[Finding, str]]) -> dict[str, object]:
    """One run. What a comment ignores is a suppressed result, with its reason."""
    rules = [{"id": f"api-{level.value}", "shortDescription": {"text": text}} for level, text in _RULES.items()]
    results = [_result(finding) for finding in findings]
    for finding, reason in ignored:
        results.append({**_result(finding), "suppressions": [{"kind": "inSource", "justification": neutral(reason)}]})
    driver = {"name": "trt-matrix", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, object]:
    text = f"{', '.join(map(str, finding.releases))}: {finding.message}" + (
        f"; use {finding.use}" if finding.use else ""
    )
    region = {"startLine": finding.line, "startColumn": finding.column, "endColumn": finding.end_column}
    place = {"artifactLocation": {"uri": quote(PurePath(finding.file).as_posix())}, "region": region}
    return {
        "ruleId": f"api-{finding.level.value}",
        "level": _LEVELS[finding.level],
        "message": {"text": neutral(text)},
        "locations": [{"physicalLocation": place}],
    }
