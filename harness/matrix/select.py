"""Choose cells and cases of a plan: by expression, by id, or those that failed last time."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from harness.errors import NothingSelected, UsageError
from harness.matrix.plan import Plan, PlannedCell
from harness.neutral import one_line

SEPARATOR = "::"
_FAILED = ("crashed", "failed", "timed-out")
_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_MAX_DEPTH = 50

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to keep; ``failed`` holds ``cell::case`` ids, ``None`` where the last run is not asked."""

    expression: str = ""
    only: tuple[str, ...] = ()
    failed: frozenset[str] | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of every command that selects from a matrix."""
    group = parser.add_argument_group("selecting")
    group.add_argument("-k", dest="expression", metavar="EXPR", default="", help="words with and, or, not, parentheses")
    group.add_argument("--only", metavar="ID", action="append", default=[], help="a cell, or CELL::CASE; repeatable")
    group.add_argument("--rerun-failed", action="store_true", help="only the cases that failed in the last run")


def from_arguments(arguments: argparse.Namespace, out: Path) -> Selection:
    """The selection that the options ask for; ``out`` holds the runs."""
    failed = failed_cases(out / "latest" / "results.json") if arguments.rerun_failed else None
    return Selection(arguments.expression, tuple(arguments.only), failed)


def select(plan: Plan, selection: Selection) -> Plan:
    """The plan with just the chosen cases; a cell without any is left out.

    Raises ``UsageError`` for an expression or an id that cannot be, ``NothingSelected`` where no case is left.
    """
    if selection == Selection() and any(cell.cases for cell in plan.cells):
        return plan
    test = _expression(selection.expression)
    only = _known(plan, selection.only)
    failed = selection.failed

    def wanted(cell_id: str, case_id: str) -> bool:
        full = f"{cell_id}{SEPARATOR}{case_id}"
        named = not only or cell_id in only or full in only
        return named and (failed is None or full in failed) and test(full.lower())

    cells = tuple(cell for cell in (_kept(cell, wanted) for cell in plan.cells) if cell.cases)
    if not cells:
        raise NothingSelected(_nothing(selection))
    fewer = sum(len(cell.cases) for cell in cells) < sum(len(cell.cases) for cell in plan.cells)
    return replace(plan, cells=cells, partial=plan.partial or fewer)


def failed_cases(path: Path) -> frozenset[str]:
    """``cell::case`` of what failed in a run, from its ``results.json``."""
    try:
        results = msgspec.json.decode(path.read_bytes(), type=_Results)
    except FileNotFoundError:
        raise NothingSelected(f"{path}: there is no earlier run to take failures from; run without it first") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{path}: unreadable ({one_line(str(error))}); run without --rerun-failed") from None
    return frozenset(
        f"{cell.id}{SEPARATOR}{case.id}" for cell in results.cells for case in cell.cases if case.outcome in _FAILED
    )


class _CaseRow(msgspec.Struct):
    id: str
    outcome: str


class _CellRow(msgspec.Struct):
    id: str
    cases: list[_CaseRow] = []


class _Results(msgspec.Struct):
    cells: list[_CellRow]


def _kept(cell: PlannedCell, wanted: Callable[[str, str], bool]) -> PlannedCell:
    return replace(cell, cases=tuple(case for case in cell.cases if wanted(cell.cell.id, case.case.id)))


def _nothing(selection: Selection) -> str:
    if selection.failed is not None and not selection.failed:
        return "nothing failed in the last run; run without --rerun-failed"
    return "nothing is selected; trt-matrix plan --cases lists every id"


def _known(plan: Plan, ids: tuple[str, ...]) -> frozenset[str]:
    cells = {cell.cell.id: [case.case.id for case in cell.cases] for cell in plan.cells} if ids else {}
    for wanted in ids:
        cell, separator, case = wanted.partition(SEPARATOR)
        if cell not in cells:
            raise UsageError(f"cell {_shown(cell)} is not in the matrix{_near(cell, list(cells))}")
        if separator and case not in cells[cell]:
            raise UsageError(f"case {_shown(case)} is not in cell {cell}{_near(case, cells[cell])}")
    return frozenset(ids)


def _near(word: str, among: list[str]) -> str:
    near = difflib.get_close_matches(word[:200], among, n=3, cutoff=0.4)
    return f"; near to it: {', '.join(near)}" if near else ""


def _shown(text: str) -> str:
    return f"{text[:120]!a}"


def _expression(text: str) -> Test:
    """Compile ``words and (not other)``: a word is true where the id holds it, whatever the case of its letters."""
    if not text.strip():
        return lambda _: True
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [found[1] for found in _TOKEN.finditer(text)]
        self._place = 0
        self._depth = 0

    def parse(self) -> Test:
        test = self._or()
        if self._place < len(self._tokens):
            raise self._error(f"{_shown(self._tokens[self._place])} does not belong here")
        return test

    def _or(self) -> Test:
        tests = [self._and()]
        while self._take("or"):
            tests.append(self._and())
        return lambda name: any(test(name) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._take("and"):
            tests.append(self._not())
        return lambda name: all(test(name) for test in tests)

    def _not(self) -> Test:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("nested too deep")
        if self._take("not"):
            inner = self._not()
            test: Test = lambda name: not inner(name)  # noqa: E731
        elif self._take("("):
            test = self._or()
            if not self._take(")"):
                raise self._error("a parenthesis is not closed")
        else:
            test = self._word()
        self._depth -= 1
        return test

    def _word(self) -> Test:
        if self._place >= len(self._tokens) or self._tokens[self._place] in ("and", "or", ")"):
            raise self._error("a word is missing")
        word = self._tokens[self._place].lower()
        self._place += 1
        return lambda name: word in name

    def _take(self, token: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == token:
            self._place += 1
            return True
        return False

    def _error(self, what: str) -> UsageError:
        return UsageError(f"-k {_shown(self._text)}: {what}; write words with and, or, not and parentheses")
