from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.history import store, writer
from harness.history.database import Database
from harness.history.resolve import find_run, nights, resolve
from tests import nights as made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Four nights; the release moves on the third."""
    with store.opened(tmp_path / "history.sqlite") as opened:
        for day, version in enumerate(("1.6.1", "1.6.1", "1.7.1", "1.7.1")):
            writer.add(opened, made.simple(day, version=version), None)
        yield opened


@pytest.mark.parametrize(
    ("words", "day"),
    [("latest", 4), ("previous", 3), ("2026-01-02", 2), ("2026-01-01T03", 1), ("golden", 1), ("made-up", 4)],
)
def test_a_run_has_many_names(database: Database, words: str, day: int) -> None:
    store.pin(database, store.runs(database)[0].name, "golden")
    assert resolve(database, words).results.run.started == f"2026-01-0{day}T03:00:00Z"


def test_a_release_is_its_newest_run(database: Database) -> None:
    side = resolve(database, "tensorrt-rtx 1.6.1")
    assert [cell.version for cell in side.results.cells] == ["1.6.1"]
    assert side.results.run.started.startswith("2026-01-02")


def test_a_release_prefers_a_run_that_executed(database: Database) -> None:
    writer.add(database, made.simple(9, outcome="not-run"), None)
    assert resolve(database, "tensorrt-rtx 1.7").results.run.started.startswith("2026-01-04")


def test_a_release_keeps_what_a_smaller_run_left_out(tmp_path: Path) -> None:
    names = ("a.onnx.fp32.sm86", "b.onnx.fp32.sm86", "c.onnx.fp32.sm86")
    whole = made.run([made.cell("1.7.1", [made.case(name, "failed") for name in names])])
    part = made.run([made.cell("1.7.1", [made.case(names[1]), made.case(names[2], "not-run")])], 1, matrix="part.yaml")
    with store.opened(tmp_path / "history.sqlite") as database:
        for results in (whole, part):
            writer.add(database, results, None)
        side = resolve(database, "tensorrt-rtx 1.7.1")
    (cell,) = side.results.cells
    assert {case.id: case.outcome.value for case in cell.cases} == dict(
        zip(names, ("failed", "passed", "failed"), strict=True)
    )
    assert {case: source.matrix for (_, case), source in side.sources.items()} == dict(
        zip(names, ("matrix.yaml", "part.yaml", "matrix.yaml"), strict=True)
    )


def test_a_release_forgets_a_case_that_has_not_been_asked_for_in_thirty_runs(tmp_path: Path) -> None:
    old = made.run([made.cell("1.7.1", [made.case("old.onnx.fp32.sm86", "failed")])])
    with store.opened(tmp_path / "history.sqlite") as database:
        for results in (old, *(made.simple(day) for day in range(1, 31))):
            writer.add(database, results, None)
        (cell,) = resolve(database, "tensorrt-rtx 1.7.1").results.cells
    assert [case.id for case in cell.cases] == ["retina.onnx.fp16-typed.sm86"]


def test_a_run_outside_the_history_is_named_by_its_folder(database: Database, tmp_path: Path) -> None:
    folder = made.written(made.simple(20), tmp_path)
    (source,) = resolve(database, str(folder)).sources.values()
    assert (source.run, source.folder, source.matrix) == (folder.name, folder, "matrix.yaml")


def test_an_unknown_name_tells_the_near_ones(database: Database) -> None:
    with pytest.raises(UsageError, match="near: latest"):
        resolve(database, "lastest")
    with pytest.raises(UsageError, match=r"release tensorrt 8\.6\.1 is in no run"):
        resolve(database, "8.6.1")


def test_an_ambiguous_beginning_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="begins the ids of 4 runs"):
        find_run(store.runs(database), "2026-01")


def test_a_night_is_the_run_that_did_most(tmp_path: Path) -> None:
    with store.opened(tmp_path / "history.sqlite") as database:
        whole = made.run(
            [made.cell("1.7.1", [made.case("a.onnx.fp32.sm86"), made.case("b.onnx.fp32.sm86")])], id="whole"
        )
        part = made.run(
            [made.cell("1.7.1", [made.case("a.onnx.fp32.sm86")])], id="part", started="2026-01-01T09:00:00Z"
        )
        for results in (whole, part):
            writer.add(database, results, None)
        assert [run.name for run in nights(store.runs(database))] == ["whole"]
