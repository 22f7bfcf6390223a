"""``trt-matrix api``: what each release's API has, and what of it a user's code needs."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path

from harness.errors import Exit, NothingSelected, UsageError
from harness.support.surfaces import FOLDER, Language, load
from harness.versions import Flavour, Release


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(prog=parser.prog, dest="action", metavar="ACTION")
    _add_diff(actions)
    _add_show(actions)
    _add_check(actions)
    _add_ops(actions)
    _add_refresh(actions)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action is None:
        raise UsageError(f"api: no action given; one of {', '.join(_ACTIONS)}")
    if arguments.action not in ("diff", "show", "check"):
        return _ACTIONS[arguments.action](arguments)
    gc.disable()  # these live for a blink and keep what they make: looking for cycles took a tenth of it
    try:
        return _ACTIONS[arguments.action](arguments)
    finally:
        gc.freeze()  # nor are there any worth a search when Python ends
        gc.enable()


def _add_diff(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    diff = actions.add_parser("diff", help="what a release's API lost, gained, deprecated and changed")
    diff.add_argument("old", metavar="OLD", type=Release.parse, help="8.6.1 or 'tensorrt-rtx 1.7.1'")
    diff.add_argument("new", metavar="NEW", type=Release.parse)
    diff.add_argument("--added", action="store_true", help="list what was added too, not only its number")
    _add_common(diff)


def _add_show(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    show = actions.add_parser("show", help="in which releases a name lives")
    show.add_argument(
        "symbol", metavar="SYMBOL", help="Builder.build_engine, BuilderFlag.FP16, nvinfer1::IBuilder, ..."
    )
    _add_common(show)


def _add_check(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = actions.add_parser("check", help="uses of TensorRT's API in your files that a release does not have")
    check.add_argument("files", metavar="FILE", nargs="+", type=Path, help="Python or C++ files, or folders of them")
    check.add_argument(
        "--to", metavar="R", action="append", required=True, help="the release to come; may be repeated; or: all"
    )
    check.add_argument("--from", metavar="R", dest="old", type=Release.parse, help="leave out what this one lacks too")
    form = check.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--sarif", action="store_true", help="print SARIF 2.1.0")


def _add_ops(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ops = actions.add_parser("ops", help="parse and build a model in each release that can run here")
    ops.add_argument(
        "model", metavar="MODEL", nargs="?", type=Path, help="an ONNX model; left out: ONNX's own node tests"
    )
    ops.add_argument("--release", metavar="R", type=Release.parse, action="append", help="only these")
    ops.add_argument("--out", metavar="DIR", type=Path, default=Path("reports/out"), help="where environments are kept")
    ops.add_argument("--workers", metavar="N", type=int, default=2, help="builders at a time")
    ops.add_argument("--json", action="store_true", help="print JSON")


def _add_refresh(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    refresh = actions.add_parser("refresh", help="walk the bindings of releases that are not known yet")
    refresh.add_argument("--release", metavar="R", type=Release.parse, action="append", help="walk this one (again)")
    refresh.add_argument("--libraries", metavar="DIR", type=Path, help="real libraries in place of stand-ins")
    refresh.add_argument(
        "--headers", metavar="DIR", type=Path, help="add a release's C++ API from the folder of its NvInfer.h"
    )
    refresh.add_argument(
        "--flavour", type=Flavour, choices=list(Flavour), default=Flavour.TENSORRT, help="of --headers"
    )
    refresh.add_argument("--compare", action="store_true", help="compare with what is shipped; write nothing")
    refresh.add_argument("--out", metavar="FILE", type=Path, help="where to write, if not into the shipped data")
    refresh.add_argument("--json", action="store_true", help="print JSON")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", type=Language, choices=list(Language), default=Language.PYTHON)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run_diff(arguments: argparse.Namespace) -> int:
    from harness.api.diff import diff
    from harness.api.render import diff_json, diff_text

    surfaces = load(arguments.language)
    found = diff(surfaces.surface(arguments.old), surfaces.surface(arguments.new))
    print(_json(diff_json(found)) if arguments.json else diff_text(found, list_added=arguments.added))
    return Exit.OK


def _run_show(arguments: argparse.Namespace) -> int:
    from harness.api.life import life
    from harness.api.render import life_json, life_text

    found = life(arguments.symbol, load(arguments.language))
    print(_json(life_json(found)) if arguments.json else life_text(found))
    return Exit.OK


def _run_check(arguments: argparse.Namespace) -> int:
    from harness.api.check import check, targets
    from harness.api.report import report_json, report_text
    from harness.api.sarif import sarif

    report = check(arguments.files, targets(arguments.to), arguments.old)
    if arguments.sarif:
        print(_json(sarif(report.findings, report.ignored)))
    else:
        print(_json(report_json(report)) if arguments.json else report_text(report))
    if not report.files:
        # A check that looked at nothing must not end well: CI would take it for one that found nothing.
        raise NothingSelected("no file was checked; name Python 3 or C++ sources, or a folder that holds some")
    return Exit.UNEXPECTED if report.broken else Exit.OK


def _run_ops(arguments: argparse.Namespace) -> int:
    from harness.api import scoreboard

    board = scoreboard.run(
        arguments.model,
        arguments.release,
        cache=arguments.out / "cache",
        workers=arguments.workers,
        progress=lambda words: print(words, file=sys.stderr),
    )
    print(_json(board) if arguments.json else scoreboard.text(board))
    return Exit.OK if scoreboard.ends_well(board) else Exit.UNEXPECTED


def _run_refresh(arguments: argparse.Namespace) -> int:
    from harness.api import refresh  # it needs uv, the others do not

    if arguments.headers:
        out = arguments.out or FOLDER / "cpp.json"
        done = refresh.run_headers(arguments.headers, arguments.flavour, out=out, compare=arguments.compare)
    else:
        done = refresh.run(
            arguments.release,
            libraries=arguments.libraries,
            out=arguments.out or FOLDER / "python.json",
            compare=arguments.compare,
            progress=lambda words: print(words, file=sys.stderr),
        )
    print(_json(done) if arguments.json else refresh.text(done))
    return Exit.UNEXPECTED if any(done["differences"].values()) else Exit.OK


def _json(value: object) -> str:
    return json.dumps(value, indent=1)


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "diff": _run_diff,
    "show": _run_show,
    "check": _run_check,
    "ops": _run_ops,
    "refresh": _run_refresh,
}
