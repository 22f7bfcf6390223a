"""What the libraries of two releases can say at all: known before anything has run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.analysis.statements import Section, Statement
from harness.evidence.records import Severity
from harness.findings.rules import rules
from harness.support.catalogue import Catalogue, catalogue_of
from harness.versions import Release

TITLE = "What the libraries can say"


def library_words(old: Release, new: Release) -> Section:
    """The warnings and errors that only one of both libraries has the words for, and those that were reworded."""
    before, after = catalogue_of(old), catalogue_of(new)
    if before is None or after is None:
        unknown = " and ".join(str(each) for each, known in ((old, before), (new, after)) if known is None)
        none = f"Not known: no catalogue of {unknown}'s library is shipped (`trt-matrix catalogue LIBRARY` reads one)."
        return Section(title=TITLE, none=none, statements=[], sources=["the catalogues of the libraries' texts"])
    source = [f"the texts read from both libraries (`trt-matrix catalogue --release '{old}'`, `... '{new}'`)"]
    return Section(
        title=TITLE,
        none="The same things in the same words.",
        statements=[
            Statement(text=text, sources=source) for text in _sentences(_texts(before), _texts(after), old, new)
        ],
        sources=source,
    )


def _texts(catalogue: Catalogue) -> dict[str, set[str]]:
    """By what is wrong, the texts about it that the library has; parts of a longer message stand for nothing."""
    found: dict[str, set[str]] = {}
    for rule in rules():
        if rule.severity is not Severity.INFO and not rule.part_of and catalogue.texts.get(rule.text or ""):
            found.setdefault(rule.title, set()).add(rule.text or "")
    return found


def _sentences(before: dict[str, set[str]], after: dict[str, set[str]], old: Release, new: Release) -> Iterator[str]:
    gained, lost = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    reworded = sorted(title for title in before.keys() & after.keys() if not before[title] & after[title])
    if lost:
        yield f"Only {old} has words for these; {new} is mute about them, whatever happens: {_list(lost)}"
    if gained:
        yield f"Only {new} has words for these, so a warning may be new where nothing is worse: {_list(gained)}"
    if reworded:
        yield f"Both say these in different words, so what searches logs must change: {_list(reworded)}"


def _list(titles: Iterable[str]) -> str:
    return "; ".join(titles)
