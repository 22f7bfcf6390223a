"""The triage of an upgrade: one page, and Markdown for the ticket."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path

from harness import __version__, templates
from harness.analysis.changes import Proof
from harness.analysis.statements import Statement
from harness.analysis.triage import Triage
from harness.report import markup, proofs
from harness.report.text import clip

_MOST_CASES = 2
_MOST_PROOFS = 2
_MOST_RUNS = 3
_MOST_QUOTED = 300


def write(found: Triage, folders: Mapping[str, Path], to: Path, url: str = "") -> Path:
    """Write ``index.html`` and ``ticket.md`` into ``to``; ``folders`` are the runs', for links. Returns the page.

    ``url``: where the runs' folders are published, for the ticket's links.
    """
    to.mkdir(parents=True, exist_ok=True)
    (to / "ticket.md").write_text(markdown(found, url), encoding="utf-8")
    (to / "index.html").write_text(html(found, folders, to, url), encoding="utf-8")
    return to / "index.html"


def html(found: Triage, folders: Mapping[str, Path], to: Path, url: str = "") -> str:
    folder = templates.folder("reports/templates")
    style = "".join((folder / name).read_text(encoding="utf-8") for name in ("page.css", "dashboard.css"))

    def link(proof: Proof) -> str:
        run = folders.get(proof.run)
        there = run and (run / (proof.path or "index.html")).exists()
        return f"{Path(relpath(run.parent, to)).as_posix()}/{proofs.address(proof)}" if run and there else ""

    return templates.render(
        folder,
        "triage.html",
        triage=found,
        link=link,
        ticket=markdown(found, url),
        version=__version__,
        style=templates.trusted(style),
        style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def markdown(found: Triage, url: str = "") -> str:
    """Plain GitHub and GitLab Markdown; each sentence ends with the run and file it rests on (links below ``url``)."""
    lines = [f"## TensorRT upgrade: {markup.text(found.before)} → {markup.text(found.after)}", ""]
    lines += [found.summary + _evidence(found.proofs, [], url), ""]
    for section in found.sections:
        lines += [f"### {section.title}", ""]
        none = section.none + _evidence(section.proofs, section.sources, url)
        lines += [_line(statement, url) for statement in section.statements] or [none]
        lines.append("")
    lines += ["### To repeat", "", "```sh", *found.commands, "```", ""]
    return "\n".join(lines)


def _line(statement: Statement, url: str) -> str:
    sign = "*predicted* " if statement.predicted else ""
    most = _MOST_PROOFS if len(statement.cases) <= _MOST_CASES else 1
    evidence = _evidence(statement.proofs[:most], statement.sources, url)
    quote = f"\n  - {markup.code(clip(statement.quote, _MOST_QUOTED))}" if statement.quote else ""
    return f"- {sign}{markup.words(statement.text)}{_cases(statement)}{evidence}{quote}"


def _cases(statement: Statement) -> str:
    if not statement.cases:
        return ""
    if len(statement.cases) > _MOST_CASES:
        return f": {len(statement.cases)} cases, such as {markup.code(statement.cases[0])}"
    return f": {', '.join(map(markup.code, statement.cases))}"


def _evidence(places: Sequence[Proof], sources: Sequence[str], url: str) -> str:
    if places:
        told = list(dict.fromkeys(proofs.markdown(place, url) for place in places))
        more = f" and {len(told) - _MOST_RUNS} more" if len(told) > _MOST_RUNS else ""
        return f" — evidence: {', '.join(told[:_MOST_RUNS])}{more}"
    if sources:
        return f" — source: {markup.words(sources[0])}"
    return " — evidence: planned, nothing ran"
