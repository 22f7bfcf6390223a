"""Files that earlier programs wrote, one for each schema: all of them have a way forward."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from harness.history import reader, reread, store, writer
from harness.history.schema import MIGRATIONS
from tests import nights

CELL, CASE = "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86"
# The dump of a history by each schema but the newest; a schema that is released and then followed adds its own.
WRITTEN = Path(__file__).parent / "written"


@pytest.fixture(params=range(1, len(MIGRATIONS)))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made = tmp_path / store.FILE
    connection = sqlite3.connect(made)
    connection.executescript((WRITTEN / f"schema-{request.param}.sql").read_text(encoding="utf-8"))
    connection.close()
    return made


def test_all_that_an_earlier_program_wrote_is_read(place: Path) -> None:
    with store.opened(place) as database:
        assert len(database.rows("SELECT * FROM migration")) == len(MIGRATIONS)
        points = reader.timeline(database, CELL, CASE)
        assert [point.case.outcome.value for point in points] == ["passed", "warned", "failed"]
        assert [point.run.pinned for point in points] == ["golden", None, None]
        assert points[0].case == nights.simple(audit=[nights.audit()], metrics={"ap50": 0.93}).cells[0].cases[0]
        (old,) = reread.verdicts(database, points[2].run.name, CELL, CASE)
        assert old.case.findings[0].rule == "fp16-subnormal"


def test_a_newer_program_writes_on(place: Path) -> None:
    with store.opened(place) as database:
        assert writer.add(database, nights.simple(3), None)
        assert len(reader.timeline(database, CELL, CASE)) == 4
    with store.opened(place) as database:
        assert not writer.add(database, nights.simple(3), None)
