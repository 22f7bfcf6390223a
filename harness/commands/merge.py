"""``trt-matrix merge``: runs of parts of one matrix, as the jobs of a CI make them, into one run with one page."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.commands.history_option import add_history_arguments
from harness.errors import Exit, UsageError
from harness.evidence.layout import RunFolder, create_run, set_latest
from harness.evidence.merge import Merged, merge
from harness.evidence.records import with_label
from harness.execute.reuse import link_file
from harness.history.files import load_results
from harness.history.package import SUFFIX, unpack
from harness.history.record import record
from harness.history.store import place_of
from harness.report import text, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=f"a run's folder, or a *{SUFFIX}")
    parser.add_argument("--label", default="", metavar="TEXT", help="a name for the whole, such as nightly")
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print results.json instead of the table")


def run(arguments: argparse.Namespace) -> int:
    place = place_of(arguments.history, arguments.out)
    return merge_runs(arguments.paths, arguments.out, place, label=arguments.label, as_json=arguments.json)


def merge_runs(paths: Sequence[Path], out: Path, place: str, *, label: str, as_json: bool) -> int:
    """Make one run below ``out``; the runs that it is made of stay as they are."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".merge-") as unpacked:
        folders = [path if path.is_dir() else unpack(path, Path(unpacked)) for path in paths]
        runs = [load_results(folder) for folder in folders]
        unfinished = next((results.run.id for results in runs if not results.run.finished), None)
        if unfinished:
            raise UsageError(
                f"run {unfinished} has not finished; write its report first: trt-matrix report {unfinished}"
            )
        folder = create_run(out)
        try:
            merged = merge(runs, folder.id, shlex.join(["trt-matrix", *sys.argv[1:]]))
            _gather(
                merged, {results.run.id: RunFolder(path) for results, path in zip(runs, folders, strict=True)}, folder
            )
        except BaseException:
            shutil.rmtree(folder.path)
            raise
    results = with_label(merged.results, label)
    index = write.write_all(results, folder.path)
    set_latest(out, folder)
    for note in record(place, out, results):
        print(f"trt-matrix: {note}", file=sys.stderr)
    sys.stdout.write(folder.results.read_text() if as_json else text.table(results, index))
    return Exit.OK


def _gather(merged: Merged, runs: Mapping[str, RunFolder], to: RunFolder) -> None:
    """The evidence of each cell and case from the run that it is taken of; files are linked where they can be."""
    for cell in merged.results.cells:
        own = runs[merged.cells[cell.id]].cell(cell.id)
        names = {case.id for case in cell.cases}
        for entry in sorted(own.iterdir()) if own.is_dir() else []:
            if entry.name not in names and not entry.is_symlink():
                _copy(entry, to.cell(cell.id) / entry.name)
        for case in cell.cases:
            there = runs[merged.cases[cell.id, case.id]].case(cell.id, case.id)
            if there.is_dir() and not there.is_symlink():
                _copy(there, to.case(cell.id, case.id))


def _copy(source: Path, target: Path) -> None:
    """Evidence is never changed, so that two runs may share a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, copy_function=link_file)
    else:
        link_file(str(source), str(target))
