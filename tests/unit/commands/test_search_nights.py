from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main, main_outer
from harness.errors import Exit, UsageError
from harness.history import store, writer
from tests import nights


@pytest.fixture
def out(tmp_path: Path) -> Path:
    with store.opened(tmp_path / store.FILE) as database:
        for day in range(8):
            writer.add(database, nights.simple(day, "failed" if day in (3, 6, 7) else "passed"), None)
    return tmp_path


def test_an_island_is_told_with_the_whole_series(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--nights", "--case", "retina*", "--out", str(out)]) == Exit.OK
    text = capsys.readouterr().out
    assert text.startswith("any failure: first bad 2026-01-04 (last good 2026-01-03); first good 2026-01-05")
    assert "warning: the series is not monotonic" in text
    assert "▲ bad   2026-01-04T03-00-00Z-0000  trtrtx1.7.1-cuda12.9-wheels" in text


def test_a_night_is_told_with_its_release_its_number_and_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.opened(tmp_path / store.FILE) as database:
        for day, (version, below) in enumerate((("1.6.1", 73), ("1.7.1", 73), ("1.7.1", 128))):
            writer.add(database, nights.simple(day, version=version, audit=[nights.audit(below)]), None)
    words = ["search", "--nights", "--case", "retina*", "--out", str(tmp_path)]
    assert main([*words, "--above", "fp16.below_blobs=100"]) == Exit.OK
    assert capsys.readouterr().out.splitlines()[1:3] == [
        "  first seen in trtrtx1.7.1-cuda12.9-wheels, 128",
        "  changed with it: the model's weights (their own audit differs)",
    ]


def test_json_has_the_series(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["search", "--nights", "--case", "retina*", "--out", str(out), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["monotonic"] is False
    assert [point[0] for point in found["series"]] == [f"2026-01-0{day}" for day in range(1, 9)]


def test_never_seen_is_exit_code_1(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--nights", "--case", "retina*", "--finding", "x", "--out", str(out)]) == Exit.UNEXPECTED
    assert capsys.readouterr().out.startswith("finding x: never seen")


def test_a_case_that_is_not_there_is_a_usage_error(out: Path) -> None:
    with pytest.raises(UsageError, match="means 0 cases"):
        main(["search", "--nights", "--case", "nothing", "--out", str(out)])


def test_a_bad_limit_is_a_usage_error(out: Path) -> None:
    with pytest.raises(SystemExit, match="4"):
        main_outer(["search", "--nights", "--case", "x", "--above", "fp16=nan", "--out", str(out)])
