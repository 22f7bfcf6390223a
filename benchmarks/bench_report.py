"""The page of a run with 10,000 cases beside pytest-html's page of as many tests.

Both are written and then opened in the same headless Chromium. Times of writing are seconds of CPU, which do not grow
when the machine is busy; pytest-html's is that of the whole pytest run less that of the same run without a page.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

from harness.evidence.records import Results
from harness.report import page, write
from tests import sample

CASES = 10_000
_TESTS = "import pytest\n\n\n@pytest.mark.parametrize('n', range({}))\ndef test_case(n):\n    assert n >= 0\n"
_FLAGS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    """Print the table; 1 where a number that is to be reached is not."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours, write_s, all_s = _ours(sample.many(CASES), folder / "ours")
        theirs, theirs_s = _pytest_html(folder)
        ours_ready = _interactive(ours, tries=3)
        theirs_ready = _interactive(theirs, tries=1) if theirs else None
        rows = [
            _row("index.html, MB", ours.stat().st_size / 1e6, theirs and theirs.stat().st_size / 1e6, 5.0),
            _row("written in, s of CPU", write_s, theirs_s, 3.0),
            _row("all four files written in, s of CPU", all_s, None, 3.0),
            _row("interactive in Chromium after, s", ours_ready, theirs_ready, 1.5),
        ]
    print(f"report of {CASES:,} cases")
    print(tabulate(rows, ["", "trt-matrix", "pytest-html", "ratio", "at most", ""], tablefmt="github", floatfmt=".2f"))
    return int(any(row[-1] == "MISSED" for row in rows))


def _row(name: str, ours: float | None, theirs: float | None, most: float) -> list[object]:
    ratio = ours / theirs if ours is not None and theirs else None
    verdict = "not measured" if ours is None else "reached" if ours <= most else "MISSED"
    return [name, ours, theirs, ratio, most, verdict]


def _ours(results: Results, folder: Path) -> tuple[Path, float, float]:
    """The page, the seconds for it alone and for all files, with a log of each case on disk."""
    folder.mkdir()
    sample.write_evidence(results, folder)
    begin = time.process_time()
    page.html(results, folder)
    alone = time.process_time() - begin
    begin = time.process_time()
    index = write.write_all(results, folder)
    return index, alone, time.process_time() - begin


def _pytest_html(folder: Path) -> tuple[Path | None, float | None]:
    (folder / "test_many.py").write_text(_TESTS.format(CASES))
    report = folder / "pytest.html"
    plain = _pytest(folder, [])
    with_page = _pytest(folder, [f"--html={report}", "--self-contained-html"])
    return (report, with_page - plain) if report.is_file() else (None, None)


def _pytest(folder: Path, more: list[str]) -> float:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    with_peer = [uv, "run", "--quiet", "--no-project", "--with", "pytest", "--with", "pytest-html"]
    command = [*with_peer, "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *more, "test_many.py"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _interactive(path: Path, *, tries: int) -> float | None:
    """Seconds from the start of navigation to the end of DOMContentLoaded: parsed, styled, and its script has run.

    The best of ``tries``: what else runs on the machine only ever adds to it.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=_FLAGS)
        taken = []
        for _ in range(tries):
            opened = browser.new_page()
            opened.goto(path.as_uri(), timeout=120_000)
            taken.append(opened.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
            opened.close()
        browser.close()
    return float(min(taken)) / 1000


if __name__ == "__main__":
    sys.exit(main())
