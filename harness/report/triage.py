"""The triage of an upgrade: one page, and Markdown for the ticket."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from os.path import relpath
from pathlib import Path

from harness import __version__, templates
from harness.analysis.changes import Proof
from harness.analysis.triage import Statement, Triage
from harness.report import markup

_MOST_CASES = 4


def write(found: Triage, folders: Mapping[str, Path], to: Path) -> Path:
    """Write ``index.html`` and ``ticket.md`` into ``to``; ``folders`` are the runs', for links. Returns the page."""
    to.mkdir(parents=True, exist_ok=True)
    (to / "ticket.md").write_text(markdown(found), encoding="utf-8")
    (to / "index.html").write_text(html(found, folders, to), encoding="utf-8")
    return to / "index.html"


def html(found: Triage, folders: Mapping[str, Path], to: Path) -> str:
    folder = templates.folder("reports/templates")
    style = "".join((folder / name).read_text(encoding="utf-8") for name in ("page.css", "dashboard.css"))

    def link(proof: Proof) -> str:
        run = folders.get(proof.run)
        return Path(relpath(run / proof.path, to)).as_posix() if run and (run / proof.path).exists() else ""

    return templates.render(
        folder,
        "triage.html",
        triage=found,
        link=link,
        ticket=markdown(found),
        version=__version__,
        style=templates.trusted(style),
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def markdown(found: Triage) -> str:
    """Plain GitHub and GitLab Markdown; each sentence ends with the run and file it rests on."""
    lines = [f"## TensorRT upgrade: {markup.text(found.before)} → {markup.text(found.after)}", "", found.summary, ""]
    for section in found.sections:
        lines += [f"### {section.title}", ""]
        lines += [_line(statement) for statement in section.statements] or [section.none]
        lines.append("")
    lines += ["### To repeat", "", "```sh", *found.commands, "```", ""]
    return "\n".join(lines)


def _line(statement: Statement) -> str:
    sign = "*predicted* " if statement.predicted else ""
    return f"- {sign}{markup.text(statement.text)}{_cases(statement)}{_evidence(statement)}"


def _cases(statement: Statement) -> str:
    if not statement.cases:
        return ""
    shown = ", ".join(markup.code(case) for case in statement.cases[:_MOST_CASES])
    more = len(statement.cases) - _MOST_CASES
    return f": {shown}" + (f" and {more} more" if more > 0 else "")


def _evidence(statement: Statement) -> str:
    if statement.proofs:
        return f" — evidence: {_place(statement.proofs[0])}"
    if statement.sources:
        return f" — source: {markup.text(statement.sources[0])}"
    return " — evidence: planned, nothing ran"


def _place(proof: Proof) -> str:
    line = f":{proof.line}" if proof.line else ""
    return (
        f"run {markup.code(proof.run)} {markup.code(proof.path + line)}"
        if proof.path
        else f"run {markup.code(proof.run)}"
    )
