from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from harness.analysis.statements import Section
from harness.commands import trying
from harness.errors import UsageError
from harness.evidence.records import Results
from harness.planning import Planned
from harness.versions import Release
from tests import nights

PROBLEM = "face.plugin.int8-calibrated.device"


def asked(out: Path) -> argparse.Namespace:
    return argparse.Namespace(try_remedies=PROBLEM, among="", out=str(out), jobs=1)


def ran(*, interrupted: bool = False, problem: bool = True) -> Results:
    cases = [nights.case("face.plugin.fp32.device", metrics={"latency_ms": 0.4})]
    if problem:
        cases.insert(
            0, nights.case(PROBLEM, outcome="failed", findings=[nights.finding("plugin-scale-assert", "fatal")])
        )
    results = nights.run([nights.cell("1.6.1", cases)])
    return msgspec.structs.replace(results, run=msgspec.structs.replace(results.run, interrupted=interrupted))


@pytest.fixture
def try_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Results], Section | None]:
    """The command's part after the run, which is given."""
    releases = (Release.parse("tensorrt-rtx 1.6.1"), Release.parse("tensorrt-rtx 1.7.1"))

    def section(results: Results) -> Section | None:
        def run(*_: Any) -> Results:
            return results

        monkeypatch.setattr(trying, "_run", run)
        monkeypatch.setattr(trying, "record", lambda *_: [])
        return trying.tried_section(asked(tmp_path), cast("Planned", object()), releases, "")

    return section


def test_the_table_is_printed_and_its_rows_are_a_section(
    try_with: Callable[[Results], Section | None], capsys: pytest.CaptureFixture[str]
) -> None:
    section = try_with(ran())
    assert section is not None
    assert [statement.text.split(":")[0] for statement in section.statements] == [
        "on tensorrt-rtx 1.6.1, as it is",
        "on tensorrt-rtx 1.6.1, no reduced precision",
    ]
    assert "> as it is" in capsys.readouterr().err


def test_what_ran_is_shown_when_it_is_stopped(
    try_with: Callable[[Results], Section | None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        try_with(ran(interrupted=True))
    told = capsys.readouterr().err
    assert "no reduced" in told
    assert told.endswith("Stopped: other ways were not tried.\n")


def test_nothing_is_shown_when_it_is_stopped_before_the_problem_ran(
    try_with: Callable[[Results], Section | None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        try_with(ran(interrupted=True, problem=False))
    assert capsys.readouterr().err == ""


def test_a_problem_that_did_not_run_is_told(try_with: Callable[[Results], Section | None]) -> None:
    with pytest.raises(UsageError, match="means cases of none"):
        try_with(ran(problem=False))
