"""``trt-matrix search``: the first bad (or first good) release or night of a case."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite, nan
from pathlib import Path

import msgspec

from harness.analysis.nights import sweep, timelines
from harness.analysis.probing import Condition, Notebook, Remembered
from harness.analysis.releases import Lane, lane_of
from harness.analysis.search import Memory, Report, Result, expected_probes, search
from harness.analysis.suspects import changed_with
from harness.analysis.timelines import Timeline
from harness.commands.history_option import add_history_arguments
from harness.errors import Exit, UsageError
from harness.evidence.layout import cache_folder
from harness.evidence.records import CaseRecord, Host, Outcome, with_label
from harness.execute.campaign import Options, cores, run_plan
from harness.execute.progress import progress_for
from harness.findings import silence
from harness.findings.rules import rules
from harness.history import reader, resolve
from harness.history.record import record
from harness.history.store import opened, place_of, runs
from harness.matrix import select
from harness.matrix.host import detect
from harness.planning import Planned, make_plan
from harness.report.search_text import Found, as_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--case", required=True, metavar="ID", help="the case, or a pattern that means one")
    parser.add_argument("--finding", default="", metavar="RULE", help="bad is: this finding (a rule's id or a pattern)")
    parser.add_argument(
        "--outcome",
        default="",
        choices=["", *(outcome.value for outcome in Outcome)],
        metavar="OUTCOME",
        help="bad is: this outcome",
    )
    parser.add_argument(
        "--above", type=_limit, metavar="NAME=VALUE", help="bad is: this number above VALUE (fp16.below_blobs=73)"
    )
    parser.add_argument(
        "--cell", default="", metavar="LANE", help="lane or pattern of cells (default: the widest lane)"
    )
    parser.add_argument("--nights", action="store_true", help="search the history's nights instead of releases")
    parser.add_argument("--whole", action="store_true", help="probe every point; finds islands as well")
    parser.add_argument("--flaky", action="store_true", help="believe no single result: repeat until one side leads")
    parser.add_argument("--rerun", action="store_true", help="forget earlier probes and what the history knows")
    parser.add_argument("--dry-run", action="store_true", help="say what would be probed, and stop")
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"), metavar="FILE", help="default: matrix.yaml")
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    condition = Condition(arguments.finding, arguments.outcome, arguments.above)
    if doubt := _doubt(arguments.finding):
        say(doubt)
    place = place_of(arguments.history, arguments.out)
    if arguments.nights:
        series = over_nights(place, arguments.cell, arguments.case, condition)
    else:
        planned = make_plan(arguments.matrix, detect(), cache_folder(arguments.out))
        lane = lane_of(planned.plan.cells, arguments.case, arguments.cell)
        series = over_releases(planned, lane, condition, arguments.out, place, rerun=arguments.rerun)
    series.memory.distrust = arguments.flaky
    whole = arguments.whole or arguments.nights
    say(f"{condition} in {arguments.case}: {_forecast(series, whole=whole)}")
    if arguments.dry_run:
        return Exit.OK
    report = drive(series, whole=whole)
    found = Found.of(str(condition), series.points, report, series.runs_of, series.seen, series.with_it)
    print(msgspec.json.format(msgspec.json.encode(found)).decode() if arguments.json else as_text(found), end="")
    return Exit.OK if report.changes else Exit.UNEXPECTED


@dataclass(frozen=True, slots=True)
class Series:
    """What is searched. ``recorded``: every point is known already and costs no run."""

    points: Sequence[str]
    memory: Memory
    probe: Callable[[str], Result]
    runs_of: Callable[[str], list[str]]
    recorded: bool
    seen: Mapping[str, str] = field(default_factory=dict)
    with_it: Callable[[str, str], list[str]] = lambda _last, _first: []


def over_releases(planned: Planned, lane: Lane, condition: Condition, out: Path, place: str, *, rerun: bool) -> Series:
    """The cells of a lane by release; what the notebook and the history know is not run again."""
    notebook = Notebook(out / "searches", planned.matrix.sha256, lane.name, lane.case, str(condition))
    if rerun:
        notebook.forget()
    else:
        recall(notebook, place, lane, condition)
    prober = Prober(planned, lane, condition, notebook, out, place)
    points = [cell.id for cell in lane.cells]
    return Series(points, notebook.memory(distrust=False), prober, notebook.runs_of, recorded=False)


def _doubt(pattern: str) -> str:
    """A slip of the pen would be good in every release. No error, since old records may hold ids that are gone."""
    names = [*(rule.id for rule in rules()), *silence.RULES] if pattern else []
    if not names or fnmatch.filter(names, pattern):
        return ""
    near = get_close_matches(pattern, names, n=3)
    hint = f"near to it: {', '.join(near)}" if near else "the report names the rule of each finding"
    return f"note: no rule is called {pattern!r}; {hint}"


def _limit(text: str) -> tuple[str, float]:
    name, equals, value = text.rpartition("=")
    try:
        limit = float(value)
    except ValueError:
        limit = nan
    if not (name and equals and isfinite(limit)):
        raise argparse.ArgumentTypeError(f"{text!r} is not like fp16.below_blobs=73")
    return name, limit


def say(words: str) -> None:
    """What a person wants to read, but a pipe does not."""
    print(words, file=sys.stderr)


def _forecast(series: Series, *, whole: bool) -> str:
    number = len(series.points)
    if series.recorded:
        return f"{number} nights, all in the history"
    known = sum(series.memory.verdict(point) is not None for point in series.points)
    most = number - known if whole else min(expected_probes(number), 2 * (number - known) + 2)
    return f"{number} releases, {known} known; at most {most} runs, more where results contradict or are not monotonic"


def drive(series: Series, *, whole: bool) -> Report:
    """Let the search ask and the prober answer."""
    machine = search(series.points, series.memory, whole=whole)
    try:
        point = next(machine)
        while True:
            result = series.probe(point)
            if not series.recorded:
                say(f"  {point}: {result}")
            point = machine.send(result)
    except StopIteration as end:
        report: Report = end.value
        return report


def recall(notebook: Notebook, place: str, lane: Lane, condition: Condition) -> None:
    """Write into the notebook what the newest run of each cell in the history says, and what cannot run here."""
    told = {probe.point for probe in notebook.probes}
    known = _newest(place, lane) if "://" in place or Path(place).is_file() else {}
    for cell in (cell for cell in lane.cells if cell.id not in told):
        if cell.id in known:
            run_id, case = known[cell.id]
            notebook.add(Remembered(point=cell.id, result=condition.judge(case), run=run_id))


def _newest(place: str, lane: Lane) -> dict[str, tuple[str, CaseRecord]]:
    found: dict[str, tuple[str, CaseRecord]] = {}
    with opened(place) as database:
        for cell in lane.cells:
            points = [p for p in reader.timeline(database, cell.id, lane.case, limit=30) if p.case.outcome.executed]
            if points:
                found[cell.id] = (points[-1].run.name, points[-1].case)
    return found


@dataclass(frozen=True, slots=True)
class Prober:
    """Runs one case in one cell, and keeps the run like any other."""

    planned: Planned
    lane: Lane
    condition: Condition
    notebook: Notebook
    out: Path
    place: str

    def __call__(self, point: str) -> Result:
        if point not in self.lane.runnable:
            return Result.SKIPPED
        case, run_id = self._run(point, detect())
        result = self.condition.judge(case)
        self.notebook.add(Remembered(point=point, result=result, run=run_id))
        return result

    def _run(self, point: str, host: Host) -> tuple[CaseRecord, str]:
        chosen = select.select(
            self.planned.plan, select.Selection(only=(f"{point}{select.SEPARATOR}{self.lane.case}",))
        )
        with progress_for() as progress:
            options = Options(self.out, cores(), reuse=False, keep_engines=False)
            folder, results = run_plan(chosen, self.planned.matrix, host, options, progress)
        labelled = with_label(results, "search")
        # Imported late: writing pages needs templates, which a search without a run does not.
        from harness.report import write

        write.write_all(labelled, folder.path)
        for note in record(self.place, self.out, labelled):
            say(f"trt-matrix: {note}")
        if results.run.interrupted:
            raise KeyboardInterrupt
        return labelled.cells[0].cases[0], labelled.run.id


def over_nights(place: str, cell: str, case: str, condition: Condition) -> Series:
    """The history's nights of one case: nothing needs to run."""
    with opened(place, must_exist=True) as database:
        swept = sweep(database, most=len(runs(database)))
        wanted = [line for line in timelines(database, swept) if _is_wanted(line, cell, case)]
    if len(wanted) != 1:
        names = ", ".join(sorted(f"{line.track.name} / {line.case}" for line in wanted)[:3])
        raise UsageError(
            f"{case!r} means {len(wanted)} cases of the history ({names}); name one with --cell and --case"
        )
    by_date = {swept.nights[seen.night].date: seen for seen in wanted[0].seen}
    results = {date: condition.judge(seen.case) for date, seen in by_date.items()}
    run_of = {night.date: night.info.id for night in swept.nights}
    words = {date: condition.seen(seen.cell, seen.case) for date, seen in by_date.items()}

    def with_it(last: str, first: str) -> list[str]:
        return list(changed_with(by_date[last], by_date[first], swept.nights))

    return Series(list(results), Memory(), results.__getitem__, lambda point: [run_of[point]], True, words, with_it)


def _is_wanted(line: Timeline, cell: str, case: str) -> bool:
    named = not cell or resolve.fits(line.track.name, cell) or cell in line.track.cells
    return named and resolve.fits(line.case, case)
