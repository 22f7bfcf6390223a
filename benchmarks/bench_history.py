"""Three years of nights with 5,000 cases each: insert a night, open a timeline, on SQLite and PostgreSQL.

The peer keeps one JSON file a night, as asv and pytest-benchmark do: to insert is to write the file, a timeline
reads every file (measured on 20 of them and multiplied, which is said below the table).
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from tabulate import tabulate

from harness.evidence.records import CaseRecord, Results
from harness.history import reader, store, writer
from harness.history.database import Database
from tests import nights
from tests.postgres_server import PostgresServer, binaries

NIGHTS, CELLS, CASES = 1095, 50, 100
_PEER_FILES = 20
_SHARE_CHANGED = 0.05


def night(day: int) -> Results:
    """5,000 cases with findings and audits; a share of them differs from every other night's."""
    chance = random.Random(day)
    cells = [
        nights.cell("1.7.1", [_case(number, chance, day) for number in range(CASES)], cuda=f"12.{cell}")
        for cell in range(CELLS)
    ]
    return nights.run(cells, day)


def _case(number: int, chance: random.Random, day: int) -> CaseRecord:
    changed = chance.random() < _SHARE_CHANGED
    return nights.case(
        f"model{number:03}.onnx.fp16-typed.sm86",
        "warned",
        findings=[nights.finding(weights=100 + (day if changed else 0), below=73), nights.finding("second-rule")],
        audit=[nights.audit(), nights.audit(precision="bf16")],
        duration_s=2 + chance.random(),
        steps_s={"import": chance.random(), "parse": chance.random(), "build": 1 + chance.random()},
        metrics={"latency_ms": 1 + chance.random(), "ap50": 0.93},
        evidence="evidence/cell/case",
    )


def fill(database: Database) -> None:
    """All nights but the last: one by the product, the others as copies of its rows in one statement."""
    writer.add(database, night(0), None)
    with database.write():
        database.many(
            "INSERT INTO run (name, started, label, digest, folder, body, planned, executed, added)"
            " SELECT ?, ?, label, digest, folder, body, planned, executed, added FROM run WHERE id = 1",
            [(f"night-{day}", nights.run([], day).run.started) for day in range(1, NIGHTS - 1)],
        )
        order = "r.series, n.id" if database.dialect.clustered else "n.id, r.series"
        database.rows(
            "INSERT INTO record SELECT r.series, n.id, r.position, r.outcome, r.document, r.duration_s + n.id % 7,"
            " r.engine_bytes, r.varying, r.evidence FROM run n CROSS JOIN record r WHERE n.id > 1 AND r.run = 1"
            f" ORDER BY {order}"
        )
        database.rows(
            "INSERT INTO run_cell SELECT n.id, x.cell, x.position, x.document, x.varying, x.executed"
            " FROM run n CROSS JOIN run_cell x WHERE n.id > 1 AND x.run = 1"
        )
    if not database.dialect.clustered:
        # As autovacuum does every few nights; rows stay as they came, a page for each night.
        database.rows("VACUUM record")
    database.rows("ANALYZE")


def seconds(action: Callable[[], object], times: int = 1) -> float:
    """Median wall time."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def measure(place: str) -> tuple[float, float, float, int]:
    """Seconds to fill, insert one night (median of three), open a timeline (median of 25 cases); records."""
    with store.opened(place) as database:
        filled = seconds(lambda: fill(database))
        new = iter([night(NIGHTS + day) for day in range(3)])
        inserted = seconds(lambda: writer.add(database, next(new), None), 3)
        names = iter([(f"trtrtx1.7.1-cuda12.{n}-wheels", f"model{n:03}.onnx.fp16-typed.sm86") for n in range(25)])
        opened = seconds(lambda: reader.timeline(database, *next(names)), 25)
        ((records,),) = database.rows("SELECT count(*) FROM record")
    return filled, inserted, opened, records


def peer(folder: Path) -> tuple[float, float]:
    """The same by one JSON file a night."""
    made = night(0)
    decoder = msgspec.json.Decoder()

    def write() -> None:
        (folder / "night.json").write_bytes(msgspec.json.encode(made))

    def read() -> None:
        for _ in range(_PEER_FILES):
            decoder.decode((folder / "night.json").read_bytes())

    return seconds(write, 3), seconds(read) * NIGHTS / _PEER_FILES


def main(arguments: list[str] = sys.argv[1:]) -> None:
    """``sqlite`` or ``postgresql`` as an argument measures that one alone."""
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        wrote, read = peer(Path(folder))
        rows.append(("one JSON a night", None, wrote, read * 1000, 1.0))
        if "postgresql" not in arguments:
            place = Path(folder) / "history.sqlite"
            filled, inserted, opened, records = measure(str(place))
            rows.append(("SQLite", filled, inserted, opened * 1000, opened / read))
            print(f"{records:,} records, SQLite file {place.stat().st_size / 2**20:,.0f} MiB")
    programs = binaries()
    if programs is None:
        print("PostgreSQL: not measured, no server installed")
    elif "sqlite" not in arguments:
        server = PostgresServer(programs)
        try:
            filled, inserted, opened, _ = measure(server.start().new_database())
            rows.append(("PostgreSQL", filled, inserted, opened * 1000, opened / read))
        finally:
            server.stop()
    head = ("history", "fill (s)", "insert a night (s)", "timeline (ms)", "timeline / JSON files")
    print(tabulate(rows, head, floatfmt=".3g"))
    print(f"wanted: insert at most 3 s, timeline at most 50 ms; JSON timeline from {_PEER_FILES} files, multiplied")


if __name__ == "__main__":
    main()
