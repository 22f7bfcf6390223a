"""Write everything that is made from a run's records: the page, results.json, junit.xml, summary.md."""

from __future__ import annotations

import errno
import secrets
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.records import Results
from harness.report import results_file


def write_all(results: Results, run_dir: Path) -> Path:
    """Write the four files into the run's folder, each whole or not at all; the path of ``index.html``.

    ``results.json`` is the first: where the page cannot be made, the results are there. Raises ``UsageError`` where the
    folder cannot be written.
    """
    write_results(results, run_dir)
    write_lists(results, run_dir)
    return write_page(results, run_dir)


def write_results(results: Results, run_dir: Path) -> None:
    """``results.json`` alone: see ``write_all``."""
    _replace(run_dir / "results.json", results_file.encode(results))


def write_lists(results: Results, run_dir: Path) -> None:
    """``junit.xml`` and ``summary.md``: see ``write_all``."""
    # Imported here, and the page below, since a run writes them in two processes.
    from harness.report import junit, markdown

    _replace(run_dir / "junit.xml", junit.encode(results))
    _replace(run_dir / "summary.md", markdown.summary(results).encode())


def write_page(results: Results, run_dir: Path) -> Path:
    """``index.html``: see ``write_all``."""
    from harness.report import page

    index = run_dir / "index.html"
    _replace(index, page.html(results, run_dir).encode())
    return index


def rebuild(run_dir: Path) -> Results:
    """The results of a run that is on disk, as its pages are to show them."""
    return results_file.read(run_dir / "results.json")


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        then = f"make room, then 'trt-matrix report {path.parent.name}'" if full else "choose another folder with --out"
        raise UsageError(f"{path}: cannot be written ({error.strerror}); {then}") from error
