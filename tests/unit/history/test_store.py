from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import msgspec
import pytest

from harness.errors import UsageError
from harness.history import reader, store, writer
from harness.history.database import HistoryError, NewerHistory, connect, shown
from harness.history.schema import MIGRATIONS, Migration, migrate
from tests import nights


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


def test_a_run_comes_back_as_it_went_in(place: Path) -> None:
    given = nights.run(
        [
            nights.cell("1.7.1", [nights.case("a.onnx.fp32.sm86"), nights.case("b.onnx.fp32.sm86", "crashed")]),
            nights.cell(
                "1.6.1", [nights.case("a.onnx.fp16-typed.sm86", "warned", findings=[nights.finding(weights=100)])]
            ),
        ]
    )
    with store.opened(place) as database:
        assert writer.add(database, given, None)
        assert reader.results(database, given.run.id) == given


def test_adding_twice_changes_nothing(place: Path) -> None:
    given = nights.simple()
    with store.opened(place) as database:
        assert writer.add(database, given, None)
        assert not writer.add(database, given, None)
        assert len(store.runs(database)) == 1


def test_another_content_under_one_id_is_refused(place: Path) -> None:
    with store.opened(place) as database:
        writer.add(database, nights.simple(), None)
        with pytest.raises(HistoryError, match="with other content"):
            writer.add(database, nights.simple(outcome="failed"), None)


def test_what_stays_the_same_is_stored_once(place: Path) -> None:
    with store.opened(place) as database:
        for day in range(5):
            writer.add(database, nights.simple(day, duration_s=float(day), metrics={"latency_ms": 1.0 + day}), None)
        assert database.rows("SELECT count(*) FROM document") == [(2,)]


def test_timeline_is_in_order_of_time(place: Path) -> None:
    with store.opened(place) as database:
        for day in (3, 1, 2):
            writer.add(database, nights.simple(day, engine_bytes=day), None)
        points = reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86")
        assert [point.case.engine_bytes for point in points] == [1, 2, 3]
        assert points[0].run.date == "2026-01-02"
        newest = reader.timeline(database, "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86", limit=2)
        assert [point.case.engine_bytes for point in newest] == [2, 3]


def test_a_value_that_is_no_number_survives(place: Path) -> None:
    with store.opened(place) as database:
        given = nights.simple(metrics={"ap": math.nan})
        writer.add(database, given, None)
        (cell,) = reader.results(database, given.run.id).cells
        assert math.isnan(cell.cases[0].metrics["ap"])


def test_evidence_is_referred_to_by_its_hash(place: Path, tmp_path: Path) -> None:
    given = nights.simple(evidence="evidence/cell/case")
    folder = nights.written(given, tmp_path)
    with store.opened(place) as database:
        writer.add(database, given, folder)
        ((digest,),) = database.rows("SELECT evidence FROM record")
    assert len(digest) == 32


def test_a_killed_writer_leaves_no_half_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "_insert_reuse", killed)
    with store.opened(place) as database, pytest.raises(KeyboardInterrupt):
        writer.add(database, nights.simple(), None)
    with store.opened(place) as database:
        assert store.runs(database) == []
        assert database.rows("SELECT count(*) FROM record") == [(0,)]


def test_a_pin_is_a_name_for_one_run(place: Path) -> None:
    with store.opened(place) as database:
        for day in range(2):
            writer.add(database, nights.simple(day), None)
        first, second = store.runs(database)
        store.pin(database, first.name, "golden")
        with pytest.raises(UsageError, match="names another run"):
            store.pin(database, second.name, "golden")
        store.pin(database, first.name, None)
        store.pin(database, second.name, "golden")
        assert store.run_named(database, second.name).pinned == "golden"


def test_every_step_of_the_schema_leads_to_the_newest(place: Path) -> None:
    later = Migration("a later column", ("ALTER TABLE run ADD COLUMN later TEXT",))
    with store.opened(place) as database:
        writer.add(database, nights.simple(), None)
        migrate(database, (*MIGRATIONS, later))
        migrate(database, (*MIGRATIONS, later))
        assert database.rows("SELECT later FROM run") == [(None,)]
        assert len(database.rows("SELECT * FROM migration")) == len(MIGRATIONS) + 1


def test_a_failing_step_changes_nothing(place: Path) -> None:
    broken = Migration("broken", ("ALTER TABLE run ADD COLUMN later TEXT", "ALTER TABLE nowhere ADD COLUMN x TEXT"))
    with store.opened(place) as database:
        with pytest.raises(HistoryError, match="no such table"):
            migrate(database, (*MIGRATIONS, broken))
        assert len(database.rows("SELECT * FROM migration")) == len(MIGRATIONS)
        with pytest.raises(HistoryError, match="no such column"):
            database.rows("SELECT later FROM run")


def test_an_older_program_refuses_a_newer_file(place: Path) -> None:
    later = Migration("a later column", ("ALTER TABLE run ADD COLUMN later TEXT",))
    database = connect(place)
    migrate(database, (*MIGRATIONS, later))
    database.close()
    with pytest.raises(NewerHistory, match="update trt-matrix"), store.opened(place):
        pass


def test_another_programs_database_is_left_alone(place: Path) -> None:
    other = sqlite3.connect(place)
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = place.read_bytes()
    with pytest.raises(HistoryError, match="database of another program"), store.opened(place):
        pass
    assert place.read_bytes() == before


def test_a_damaged_file_says_what_to_do(place: Path) -> None:
    place.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(HistoryError, match="trt-matrix import --all"), store.opened(place):
        pass


def test_a_password_is_never_shown() -> None:
    assert shown("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"


def test_an_unknown_scheme_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="is not a file"):
        connect("mysql://host/db")


def test_floats_and_bytes_keep_their_exact_value(place: Path) -> None:
    with store.opened(place) as database:
        given = nights.simple(duration_s=0.1 + 0.2, engine_bytes=2**40 + 1)
        writer.add(database, given, None)
        back = reader.results(database, given.run.id)
    assert msgspec.json.encode(back) == msgspec.json.encode(given)
