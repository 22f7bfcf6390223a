from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.evidence.records import Results, count
from harness.report import page
from tests import sample

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\u202e"


class Checked(HTMLParser):
    """Collects ids, links and what a page would load; notes elements that are not closed in order."""

    VOID = frozenset({"meta", "link", "input", "br", "use", "path", "circle", "rect", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        self.loads += [f"{tag} {value}" for name, value in attrs if name == "src" or (tag == "link" and name == "href")]
        self.wrong += [f"{tag} has {name}" for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def checked(results: Results, folder: Path) -> Checked:
    parser = Checked()
    parser.feed(page.html(results, folder))
    return parser


def test_the_page_is_well_formed_and_loads_nothing(tmp_path: Path) -> None:
    parser = checked(sample.results(), tmp_path)
    assert parser.wrong == []
    assert parser.open == []
    assert parser.loads == ["link data:,"]
    assert len(parser.ids) == len(set(parser.ids))


def test_every_cell_and_bad_case_has_its_anchor(tmp_path: Path) -> None:
    results = sample.results()
    ids = set(checked(results, tmp_path).ids)
    bad = ("failed", "crashed", "timed-out", "warned")
    wanted = {cell.id for cell in results.cells}
    wanted |= {f"{cell.id}::{case.id}" for cell in results.cells for case in cell.cases if case.outcome in bad}
    assert wanted <= ids


def test_untrusted_text_is_only_text(tmp_path: Path) -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = replace(cell.cases[6], reason=HOSTILE, findings=[replace(cell.cases[6].findings[0], title=HOSTILE)])
    cells = [replace(cell, reason=HOSTILE, cases=[case])]
    written = page.html(sample.assemble(cells, label=HOSTILE), tmp_path)
    assert "<img" not in written
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", written)
    assert "&lt;img src=x onerror=alert(1)&gt;\\x1b[31m\\u202e" in written


def test_without_its_script_failures_are_readable(tmp_path: Path) -> None:
    words = " ".join(checked(sample.results(), tmp_path).text)
    assert "Assertion scales.size() == 1 failed" in words
    assert "Decode on the host (route host-decode)" in words
    assert "asked 1.7.1, loaded 1.6.1" in words
    assert sample.NO_GPU in words


def test_the_label_stands_in_the_header(tmp_path: Path) -> None:
    assert '<strong class="label">replayed</strong>' in page.html(sample.results(label="replayed"), tmp_path)


def test_a_plan_says_that_nothing_ran(tmp_path: Path) -> None:
    results = sample.assemble([sample.classic_cell("8.6.1", "12.0", "22.04")])
    plan = replace(results, run=replace(results.run, finished=""))
    words = " ".join(checked(plan, tmp_path).text)
    assert "Nothing was executed: this page is a plan, not a result." in words
    assert "took" not in words


def test_an_empty_run_has_a_page(tmp_path: Path) -> None:
    assert checked(sample.assemble([]), tmp_path).wrong == []


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    results = sample.results()
    assert "Interrupted" in page.html(replace(results, run=replace(results.run, interrupted=True)), tmp_path)


@pytest.mark.parametrize("cases", [2000])
def test_a_big_run_stays_small(tmp_path: Path, cases: int) -> None:
    results = sample.many(cases)
    assert results.counts == count(results.cells)
    assert len(page.html(results, tmp_path).encode()) < 500 * cases + 200_000
