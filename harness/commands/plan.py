"""``trt-matrix plan``: cells and cases, what will run here, what will not and why."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness import __version__
from harness.errors import Exit
from harness.evidence.records import Host, RunInfo
from harness.matrix import select
from harness.matrix.host import detect
from harness.matrix.matrix import Matrix
from harness.matrix.results import to_results
from harness.planning import make_plan

FORMATS = ("table", "github", "bake")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"), metavar="FILE", help="default: matrix.yaml")
    parser.add_argument(
        "--out", type=Path, default=Path("reports/out"), metavar="DIR", help="where runs are kept (%(default)s)"
    )
    parser.add_argument("--environment", choices=["docker"], help="plan cells of wheels as containers")
    parser.add_argument("--cases", action="store_true", help="list every case")
    parser.add_argument(
        "--format", choices=FORMATS, default="table", help="github: a job matrix; bake: a file for docker buildx"
    )
    parser.add_argument(
        "--contexts", type=Path, metavar="DIR", help="with --format bake: gather what the images copy into this folder"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, in the shape of results.json")
    select.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    return plan(
        arguments.matrix,
        selection=select.from_arguments(arguments, arguments.out),
        form="json" if arguments.json and arguments.format == "table" else arguments.format,
        cases=arguments.cases,
        cache=arguments.out / "cache",
        containers=arguments.environment == "docker",
        contexts=arguments.contexts,
    )


def plan(
    path: Path,
    *,
    selection: select.Selection,
    form: str,
    cases: bool,
    cache: Path,
    containers: bool = False,
    contexts: Path | None = None,
) -> int:
    """Print the plan of a matrix file on this host."""
    host = detect()
    planned = make_plan(path, host, cache, containers=containers)
    chosen = select.select(planned.plan, selection)
    if form == "github":
        from harness.matrix.github import job_matrix

        text = job_matrix(chosen)
    elif form == "bake":
        from harness.environments.bake import bake_file, write_contexts

        if contexts is not None:
            write_contexts(chosen, contexts, cache / "environments", lambda words: print(words, file=sys.stderr))
        text = bake_file(chosen)
    elif form == "json":
        results = to_results(chosen, plan_info(planned.matrix, host))
        text = msgspec.json.format(msgspec.json.encode(results)).decode()
    else:
        from harness.matrix.table import render

        text = render(chosen, planned.matrix, host, cases=cases)
    sys.stdout.write(text + "\n")
    return Exit.OK


def plan_info(matrix: Matrix, host: Host) -> RunInfo:
    """The head of a plan: a run that has not been started."""
    return RunInfo(
        id="plan",
        started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        harness=__version__,
        host=host,
        matrix=matrix.file,
        matrix_sha256=matrix.sha256,
        command="plan",
    )
