from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.evidence.records import Results
from harness.history import retention, store, writer
from harness.history.database import Database
from tests import nights


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with store.opened(tmp_path / store.FILE) as opened:
        yield opened


def add(database: Database, out: Path, results: Results) -> str:
    writer.add(database, results, nights.written(results, out))
    return results.run.id


def removed(plan: retention.RetentionPlan) -> list[str]:
    return [run.name for run in plan.remove]


def test_the_newest_stay(database: Database, tmp_path: Path) -> None:
    names = [add(database, tmp_path, nights.simple(day)) for day in range(4)]
    plan = retention.plan(database, tmp_path, keep=2)
    assert removed(plan) == names[:2]
    retention.apply(database, plan)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == names[2:]
    assert [run.removed is not None for run in store.runs(database)] == [True, True, False, False]
    assert removed(retention.plan(database, tmp_path, keep=2)) == []


def test_a_pinned_run_stays(database: Database, tmp_path: Path) -> None:
    names = [add(database, tmp_path, nights.simple(day)) for day in range(3)]
    store.pin(database, names[0], "golden")
    plan = retention.plan(database, tmp_path, keep=1)
    assert removed(plan) == [names[1]]
    assert [kept.reason for kept in plan.kept] == ["pinned as golden"]


def test_evidence_that_a_staying_run_reuses_stays(database: Database, tmp_path: Path) -> None:
    first = add(database, tmp_path, nights.simple(0))
    second = add(database, tmp_path, nights.simple(1, reused_from=first))
    add(database, tmp_path, nights.simple(2, reused_from=second))
    plan = retention.plan(database, tmp_path, keep=1)
    assert removed(plan) == []
    assert [kept.reason.split(" by ")[0] for kept in plan.kept] == ["its evidence is reused"] * 2


def test_runs_made_elsewhere_are_not_ours_to_remove(database: Database, tmp_path: Path) -> None:
    add(database, tmp_path / "elsewhere", nights.simple(0))
    add(database, tmp_path, nights.simple(1))
    assert removed(retention.plan(database, tmp_path, keep=0)) == [nights.simple(1).run.id]
