"""``trt-matrix show``: a run, a cell or a case in the terminal."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

import msgspec

from harness.commands.history_option import add_history_arguments
from harness.errors import Exit, UsageError
from harness.evidence.layout import RunFolder, find_run
from harness.evidence.records import CaseRecord, CellRecord, Results
from harness.history import reread
from harness.history.database import HistoryError
from harness.history.store import opened, place_of
from harness.neutral import one_line
from harness.report import case_text, results_file, text, verdicts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", default="", metavar="RUN|CELL|CELL::CASE", help="what to show (the newest run)"
    )
    parser.add_argument("--run", default="latest", metavar="RUN", help="the run that the cell is of (the newest)")
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the record as results.json has it")


def run(arguments: argparse.Namespace) -> int:
    place = place_of(arguments.history, arguments.out)
    return show(arguments.what, run_name=arguments.run, out=arguments.out, as_json=arguments.json, place=place)


def show(what: str, *, run_name: str, out: Path, as_json: bool, place: str = "") -> int:
    """Print the run, cell or case that ``what`` names. Raises ``UsageError`` with the nearest names."""
    named_run = bool(what) and "::" not in what and (out / what / "results.json").is_file()
    folder = find_run(out, what if named_run else run_name)
    results = results_file.read(folder.results)
    record, shown = _whole(results, folder) if named_run or not what else _part(results, folder, what)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    else:
        print(shown + _earlier(place, folder.id, what), end="")
    return Exit.OK


def _earlier(place: str, run: str, what: str) -> str:
    """Earlier verdicts of a case, where a history has them."""
    cell, _, case = what.partition("::")
    if not case or not ("://" in place or Path(place).is_file()):
        return ""
    try:
        with opened(place) as database:
            return verdicts.as_text(reread.verdicts(database, run, cell, case))
    except HistoryError as error:
        return f"\nearlier verdicts are not known: {error}\n"
    except UsageError:  # the run is not in the history, which then holds no other verdict either
        return ""


def _whole(results: Results, folder: RunFolder) -> tuple[Results, str]:
    return results, text.table(results, folder.index)


def _part(results: Results, folder: RunFolder, what: str) -> tuple[CellRecord | CaseRecord, str]:
    cell_id, _, case_id = what.partition("::")
    cell = next((cell for cell in results.cells if cell.id == cell_id), None)
    if cell is None:
        runs = [] if case_id else [path.parent.name for path in folder.path.parent.glob("*/results.json")]
        raise _unknown(cell_id, "cell" if case_id else "run or cell", [cell.id for cell in results.cells], runs, folder)
    if not case_id:
        return cell, case_text.cell_text(cell)
    case = next((case for case in cell.cases if case.id == case_id), None)
    if case is None:
        raise _unknown(case_id, "case", [case.id for case in cell.cases], [], folder)
    return case, case_text.case_text(cell, case, folder.path)


def _unknown(name: str, kind: str, known: list[str], runs: list[str], folder: RunFolder) -> UsageError:
    near = difflib.get_close_matches(name, known + runs, n=3, cutoff=0.5)
    if near:
        hint = f"did you mean {' or '.join(map(one_line, near))}?"
    else:
        hint = (
            f"its {len(known)} {kind.split()[-1]}s are listed by `trt-matrix show{'' if 'cell' in kind else ' CELL'}`"
        )
    return UsageError(f"{kind} {one_line(name)!r} is not in run {folder.id}; {hint}")
