from __future__ import annotations

from pathlib import Path

from harness.history import store
from harness.history.record import record
from tests import nights


def test_a_run_is_written_beside_the_runs(tmp_path: Path) -> None:
    results = nights.simple()
    nights.written(results, tmp_path)
    assert record(str(tmp_path / store.FILE), tmp_path, results) == []
    with store.opened(tmp_path / store.FILE) as database:
        assert [run.name for run in store.runs(database)] == [results.run.id]


def test_what_a_killed_writer_left_undone_is_caught_up(tmp_path: Path) -> None:
    for day in range(3):
        nights.written(nights.simple(day), tmp_path)
    notes = record(str(tmp_path / store.FILE), tmp_path, nights.simple(2))
    assert notes == [f"history: added {nights.simple(day).run.id}, which was missing" for day in range(2)]


def test_a_damaged_or_unfinished_run_is_left_out(tmp_path: Path) -> None:
    nights.written(
        nights.simple(
            0,
        ),
        tmp_path,
    )
    damaged = nights.written(nights.simple(1), tmp_path)
    (damaged / "results.json").write_text('{"schema": "trt-matrix/results/1", "run"', encoding="utf-8")
    nights.written(nights.run([], 2, finished=""), tmp_path)
    notes = record(str(tmp_path / store.FILE), tmp_path, nights.simple(0))
    assert len(notes) == 1
    assert notes[0].startswith(f"history: left out {damaged.name}:")


def test_a_history_that_cannot_be_written_costs_one_note(tmp_path: Path) -> None:
    (tmp_path / store.FILE).write_bytes(b"x" * 4096)
    (note,) = record(str(tmp_path / store.FILE), tmp_path, nights.simple())
    assert note.startswith("not in the history:")
    assert "trt-matrix import" in note
