"""One call from ``matrix.yaml`` and a host to a plan."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from harness.environments import kind_of, lockfile
from harness.evidence.records import Cost, Host
from harness.matrix.cell import Cell, Timeouts
from harness.matrix.containers import in_containers
from harness.matrix.expand import expand
from harness.matrix.load import Document, load
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan
from harness.matrix.preflight import preflight
from harness.subjects import options

CACHE = Path("reports/out/cache")


@dataclass(frozen=True, slots=True)
class Planned:
    """What will be done, and the matrix that asked for it."""

    plan: Plan
    matrix: Matrix


def make_plan(path: Path, host: Host, cache: Path = CACHE, *, containers: bool = False) -> Planned:
    """Read a matrix and give every cell and case its verdict on this host. Downloads nothing.

    With ``containers``, cells of wheels are planned as Docker cells.
    Raises ``ConfigError`` with file, line and column where the file is wrong.
    """
    document = load(path)
    _check_subjects(document)
    matrix = expand(document, host.python)
    if containers:
        matrix = in_containers(matrix)
    matrix = lockfile.pinned(matrix, lockfile.read(lockfile.path_for(path)))

    @functools.cache
    def missing(cell: Cell) -> str:
        return kind_of(cell).missing(cell)

    @functools.cache
    def cost(cell: Cell) -> Cost:
        return kind_of(cell).cost(cell, cache / "environments")

    plan = preflight(matrix, host, lambda cell: missing(_software(cell)), lambda cell: cost(_software(cell)))
    return Planned(plan, matrix)


def _software(cell: Cell) -> Cell:
    """The cell without what tells apart cells of one environment, so that each environment is asked about once."""
    return replace(cell, name_suffix="", required=False, timeouts=Timeouts())


def _check_subjects(document: Document) -> None:
    for number, subject in enumerate(document.model.subjects):
        steps = ("subjects", number, "options")
        try:
            options.check(subject.model, subject.options)
        except options.OptionError as error:
            key = error.message.startswith(f"{subject.model} has no option")
            raise document.error((*steps, error.option), f"subject {subject.name}: {error.message}", key=key) from None
        if subject.model == "onnx":
            for place, route in enumerate(subject.routes):
                if route != "onnx":
                    message = f"subject {subject.name}: an ONNX file has no route {route}; the one it has is onnx"
                    raise document.error(("subjects", number, "routes", place), message)
