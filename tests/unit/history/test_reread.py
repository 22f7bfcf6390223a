from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.evidence.records import Outcome
from harness.history import reader, reread, store, writer
from harness.history.database import Database
from tests import nights

CELL, CASE = "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86"
WARNED = nights.simple(outcome="warned", findings=[nights.finding(weights=100)])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / store.FILE) as opened:
        writer.add(opened, nights.simple(), None)
        yield opened


def test_the_old_verdict_stays_beside_the_new(database: Database) -> None:
    assert reread.replace(database, WARNED, None) == [(CELL, CASE)]
    assert reader.results(database, WARNED.run.id) == WARNED
    (old,) = reread.verdicts(database, WARNED.run.id, CELL, CASE)
    assert old.outcome is Outcome.PASSED
    assert old.case == nights.simple().cells[0].cases[0]


def test_reading_again_with_the_same_rules_changes_nothing(database: Database) -> None:
    assert reread.replace(database, nights.simple(), None) == []
    assert reread.verdicts(database, WARNED.run.id, CELL, CASE) == []


def test_every_earlier_verdict_is_kept_in_order(database: Database) -> None:
    for results in (WARNED, nights.simple(outcome="failed")):
        reread.replace(database, results, None)
    assert [old.outcome.value for old in reread.verdicts(database, WARNED.run.id, CELL, CASE)] == ["passed", "warned"]


def test_a_run_that_is_not_there_is_added(database: Database) -> None:
    assert reread.replace(database, nights.simple(5), None) == []
    assert len(store.runs(database)) == 2


def test_other_cases_cannot_take_a_runs_place(database: Database) -> None:
    with pytest.raises(UsageError, match="other cells or cases"):
        reread.replace(database, nights.run([nights.cell()]), None)
    assert reader.results(database, WARNED.run.id) == nights.simple()
