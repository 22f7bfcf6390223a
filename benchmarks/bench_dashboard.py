"""The dashboard of 400 nights x 200 cases: written in at most 20 s, first page at most 1 MB and interactive in 1.5 s.

The peer is a plain dump of the same numbers: each case's rows from the history into one JSON file, with no page.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from tabulate import tabulate

from harness.history import reader, store, writer
from harness.history.database import Database
from harness.report.dashboard import Options, write
from tests.month import Story

STORY = Story(length=400, lanes=4, cases=50)


def dump(database: Database, to: Path) -> None:
    """What any writer of such a site has to read and to write at least."""
    for key, cell, case in reader.series(database):
        rows = [msgspec.to_builtins(point.case) for point in reader.timeline(database, cell, case)]
        (to / f"{key}.json").write_bytes(msgspec.json.encode(rows))


def interactive_ms(index: Path) -> float | None:
    """From the start of the navigation to the DOM being interactive, median of five; None without a browser."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    times = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for _ in range(5):
            page = browser.new_page()
            page.goto(index.as_uri())
            times.append(page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
            page.close()
        browser.close()
    return float(sorted(times)[2])


def main(arguments: list[str] = sys.argv[1:]) -> None:
    del arguments
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        with store.opened(out / store.FILE) as database:
            for day in range(STORY.length):
                writer.add(database, STORY.night(day), None)
            (out / "dump").mkdir()
            started = time.perf_counter()
            dump(database, out / "dump")
            dumped = time.perf_counter() - started
            started, worked = time.perf_counter(), time.process_time()
            index = write(database, out / "dashboard", Options())
            wrote, worked = time.perf_counter() - started, time.process_time() - worked
        site = sum(path.stat().st_size for path in (out / "dashboard").rglob("*") if path.is_file())
        shown = interactive_ms(index)
        rows = [
            (
                "written",
                f"{wrote:.1f} s",
                "20 s",
                f"{worked:.1f} s of CPU; {wrote / dumped:.2f} of the plain dump's {dumped:.1f} s",
            ),
            ("first page", f"{index.stat().st_size / 1e6:.2f} MB", "1 MB", f"whole site {site / 1e6:.1f} MB"),
            ("interactive", "no browser" if shown is None else f"{shown:.0f} ms", "1500 ms", "headless Chromium"),
        ]
        print(tabulate(rows, ("400 nights x 200 cases", "measured", "wanted at most", "")))


if __name__ == "__main__":
    main()
