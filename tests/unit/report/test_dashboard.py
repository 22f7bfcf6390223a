from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import UsageError
from harness.evidence import records as r
from harness.history import store, writer
from harness.history.database import Database
from harness.matrix.waivers import Waiver
from harness.report.dashboard import Options, write
from harness.report.dashboard_data import slug
from tests import nights
from tests.month import Story

STORY = Story(length=30, lanes=1, cases=9)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with store.opened(tmp_path_factory.mktemp("history") / store.FILE) as opened:
        for day in range(STORY.length):
            writer.add(opened, STORY.night(day), None)
        yield opened


@pytest.fixture(scope="module")
def site(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("site") / "dashboard"
    waiver = Waiver(reason="known", finding="fp16-*", expires=date(2026, 2, 3))
    write(database, to, Options(waivers=[waiver], today=date(2026, 2, 1)))
    return to


def data(page: Path) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    made: dict[str, Any] = json.loads(found[1])
    return made


def page_of(site: Path, case: str) -> Path:
    return site / "case" / f"trtrtx-cuda12-wheels.{case}.html"


def test_names_the_night_and_the_change(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "fp16.below_blobs 73 → 128" in text
    assert "2026-01-17" in text
    assert "release 1.6.1 → 1.7.1" in text
    assert "passed → crashed" in text


def test_one_cause_is_one_row_with_the_numbers_it_moved(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    rows = [row for row in text.split("<tr>") if "the model&#39;s weights" in row]
    assert len(rows) == 1
    assert "fp16.below_blobs 73 → 128" in rows[0]
    assert "fp16.subnormal_elements" in rows[0]
    assert text.count("1.6.1 → 1.7.1</b> on 2026-01-21") == 1


def test_outcomes_over_the_nights_are_drawn_without_a_script(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    plot = text[text.index('id="night-plot"') : text.index('id="night-reading"')]
    assert plot.count('role="img" aria-label="') == 2
    assert "All cases: 9 on 2026-01-01" in plot
    assert 'class="k-f" d="M' in plot
    assert f'<span style="left:{round(100 * (STORY.worse_at + 0.5) / 30, 2)}%">▲</span>' in plot
    told = data(site / "index.html")["worse"][str(STORY.worse_at)]
    assert "73 → 128" in told[0]
    assert told[0].endswith("in 2 cases")


def test_a_cells_page_has_its_own_nights_and_steps(site: Path) -> None:
    text = (site / "cell/trtrtx-cuda12-wheels.html").read_text(encoding="utf-8")
    assert 'aria-label="All cases: 9 on 2026-01-01' in text
    assert text.count("the model&#39;s weights") == 1
    assert "┆ 1.7.1" in text


def test_a_cases_page_has_its_whole_timeline(site: Path) -> None:
    shown = data(page_of(site, "retina-640.onnx.fp16-typed.sm86"))
    assert shown["nights"][0] == "2026-01-01"
    assert len(shown["strip"]) == 30
    assert shown["cells"] == [f"trtrtx{version}-cuda12.0-wheels" for version in ("1.5.0", "1.6.1", "1.7.1")]
    values = next(plot["values"] for plot in shown["plots"] if plot["name"] == "fp16.below_blobs")
    assert values[STORY.worse_at - 1 : STORY.worse_at + 1] == [73, 128]


def test_waivers_near_their_end_are_shown(site: Path) -> None:
    assert "expires soon" in (site / "index.html").read_text(encoding="utf-8")


def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        for target in re.findall(r'(?:href|src)="([^"#][^"]*)"', page.read_text(encoding="utf-8")):
            if not target.startswith(("data:", "https:")):
                assert (page.parent / target.partition("#")[0]).is_file(), (page, target)


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.js")]:
        assert not re.search(r"""(?:src=|url\(|@import|fetch\()["']?(?:https?:)?//""", page.read_text(encoding="utf-8"))


def test_an_earlier_dashboard_is_replaced_and_nothing_else(database: Database, tmp_path: Path) -> None:
    write(database, tmp_path / "site", Options(most=3))
    (tmp_path / "site/case/old.html").touch()
    write(database, tmp_path / "site", Options(most=3))
    assert not (tmp_path / "site/case/old.html").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/precious").touch()
    with pytest.raises(UsageError, match="is no dashboard"):
        write(database, tmp_path / "mine", Options(most=3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "site"]


def test_no_run_with_the_label_is_said(database: Database, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run with the label 'nightly'"):
        write(database, tmp_path / "site", Options(label="nightly"))


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    hostile = "</script><script>alert(1)</script>\x1b[31m"
    with store.opened(tmp_path / store.FILE) as database:
        writer.add(database, nights.simple(0), None)
        writer.add(database, nights.simple(1, outcome="failed", reason=hostile), None)
        write(database, tmp_path / "site", Options())
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "\x1b" not in text


@pytest.mark.parametrize("name", ["../../etc/passwd", ".hidden", "a/b", "x" * 300, "ünï"])
def test_a_slug_is_one_safe_name(name: str) -> None:
    made = slug(name)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}", made)
    assert made != slug(name + "x")


def test_the_first_night_is_compared_with_none_and_waived_failures_are_told(tmp_path: Path) -> None:
    case = nights.case(
        outcome="failed",
        findings=[r.Finding(rule="known", title="Known", severity=r.Severity.FATAL, waived_by="a long reason")],
    )
    planned = msgspec.structs.replace(
        nights.cell("8.6.1", [nights.case(outcome="not-run")]), flavour="tensorrt", id="c"
    )
    run = nights.run([nights.cell("1.7.1", [case]), planned])
    with store.opened(tmp_path / store.FILE) as opened:
        writer.add(opened, run, None)
        index = write(opened, tmp_path / "dashboard", Options(today=date(2026, 2, 1)))
    text = index.read_text(encoding="utf-8")
    assert "This is the first night" in text
    assert '<span class="soft">all waived</span>' in text
    assert '<span class="waiver">Waived: a long reason</span>' in text
    assert "TensorRT: 1 cell, none of which ran</summary>" in text
