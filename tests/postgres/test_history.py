from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.history import reader, resolve, store, writer
from harness.history.database import HistoryError, NewerHistory, connect
from harness.history.schema import MIGRATIONS, Migration, migrate
from tests import nights

pytestmark = pytest.mark.postgres


def add(url: str, day: int) -> bool:
    with store.opened(url) as database:
        return writer.add(database, nights.simple(day), None)


def test_a_run_comes_back_as_it_went_in(url: str) -> None:
    given = nights.run(
        [
            nights.cell(
                "1.7.1",
                [nights.case(findings=[nights.finding(weights=100)]), nights.case("b.onnx.fp32.sm86", "crashed")],
            )
        ]
    )
    with store.opened(url) as database:
        assert writer.add(database, given, None)
        assert not writer.add(database, given, None)
        assert reader.results(database, given.run.id) == given


def test_timeline_is_in_order_of_time(url: str) -> None:
    for day in (3, 1, 2):
        add(url, day)
    with store.opened(url) as database:
        points = reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86")
    assert [point.run.date for point in points] == ["2026-01-02", "2026-01-03", "2026-01-04"]


def test_a_record_too_long_for_the_index_is_in_the_timeline_too(url: str) -> None:
    many = {f"a_metric_with_a_long_name_{number}": number / 7 for number in range(300)}
    with store.opened(url) as database:
        for day, metrics in enumerate(({"ap50": 0.9}, many, {"ap50": 0.8})):
            writer.add(database, nights.simple(day, metrics=metrics), None)
        points = reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86")
        newest = reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86", limit=2)
    assert [len(point.case.metrics) for point in points] == [1, 300, 1]
    assert newest == points[1:]


def test_a_timeline_is_read_from_its_index_alone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(3):
        add(url, day)
    with store.opened(url) as database:
        database.rows("VACUUM ANALYZE record")
        database.rows("SET enable_seqscan = off")
        asked: list[str] = []
        rows = database.rows

        def noted(sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
            asked.append(sql)
            return rows(sql, values)

        monkeypatch.setattr(database, "rows", noted)
        reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86")
        plan = rows(f"EXPLAIN {next(sql for sql in asked if 'FROM record r' in sql)}", (1, 1))
    assert any("Index Only Scan using record_timeline on record" in line for (line,) in plan)


@pytest.mark.parametrize("schema", range(1, len(MIGRATIONS)))
def test_every_earlier_schema_leads_to_the_newest(url: str, schema: int) -> None:
    database = connect(url)
    migrate(database, MIGRATIONS[:schema])
    writer.add(database, nights.simple(), None)
    database.close()
    assert add(url, 1)
    with store.opened(url) as database:
        points = reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86")
    assert [point.run.date for point in points] == ["2026-01-01", "2026-01-02"]


def test_writers_at_one_time_lose_nothing(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda day: add(url, day), range(24)))
    with store.opened(url) as database:
        assert len(store.runs(database)) == 24


WRITER = """
import sys, time
from harness.history import store, writer
from tests import nights
writer._insert_reuse = lambda *_: (print("inside", flush=True), time.sleep(60))
with store.opened(sys.argv[1]) as database:
    writer.add(database, nights.simple(), None)
"""


def test_a_killed_writer_leaves_no_half_run_and_no_lock(url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.send_signal(signal.SIGKILL)
    started = time.monotonic()
    assert add(url, 0)
    assert time.monotonic() - started < 10
    with store.opened(url) as database:
        assert database.rows("SELECT count(*) FROM record") == [(1,)]


def test_an_older_program_refuses_a_newer_schema(url: str) -> None:
    later = Migration("a later column", ("ALTER TABLE run ADD COLUMN later TEXT",))
    add(url, 0)
    with store.opened(url) as database:
        migrate(database, (*MIGRATIONS, later))
    with pytest.raises(NewerHistory, match="update trt-matrix"):
        add(url, 1)


def test_a_failing_step_of_the_schema_changes_nothing(url: str) -> None:
    broken = Migration("broken", ("ALTER TABLE run ADD COLUMN later TEXT", "ALTER TABLE nowhere ADD COLUMN x TEXT"))
    with store.opened(url) as database:
        with pytest.raises(HistoryError, match="nowhere"):
            migrate(database, (*MIGRATIONS, broken))
        with pytest.raises(HistoryError, match="later"):
            database.rows("SELECT later FROM run")


def test_no_server_is_one_line_without_a_password() -> None:
    with (
        pytest.raises(HistoryError, match=r"cannot be reached") as caught,
        store.opened("postgresql://me:secret@127.0.0.1:1/x"),
    ):
        pass
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_release_is_put_together_from_its_runs(url: str) -> None:
    with store.opened(url) as database:
        for day, outcome in enumerate(("failed", "not-run")):
            writer.add(database, nights.simple(day, outcome), None)
        (cell,) = resolve.resolve(database, "tensorrt-rtx 1.7.1").results.cells
        assert [case.outcome.value for case in cell.cases] == ["failed"]
        assert reader.ended_elsewhere(database, cell.cases[0].id) == {"tensorrt-rtx 1.7.1": "failed"}
