"""``trt-matrix lock``: write down the digest of every image that the matrix builds on, or check those written down."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from harness.environments import images, lockfile
from harness.environments.connection import connected
from harness.environments.engine import Engine
from harness.environments.lockfile import Lock, Pin
from harness.environments.pulling import PullFailed
from harness.errors import EnvironmentUnavailable, Exit, NothingSelected
from harness.matrix.cell import Cell, EnvironmentKind
from harness.matrix.containers import in_containers
from harness.matrix.expand import expand
from harness.matrix.host import detect
from harness.matrix.load import load

Answers = dict[str, str | PullFailed]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"), metavar="FILE", help="default: matrix.yaml")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where a tag has moved")
    parser.add_argument("--environment", choices=["docker"], help="lock the bases of cells of wheels too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    matrix = expand(load(arguments.matrix), detect().python)
    if arguments.environment == "docker":
        matrix = in_containers(matrix)
    wanted = references(entry.cell for entry in matrix.cells)
    if not wanted:
        raise NothingSelected(f"{arguments.matrix} has no Docker cells: there is nothing to lock")
    engine, _ = connected()
    path = lockfile.path_for(arguments.matrix)
    return lock(path, ask(engine, wanted), check=arguments.check, as_json=arguments.json)


def references(cells: Iterable[Cell]) -> list[str]:
    """The images that the cells build on, each once."""
    found = []
    for cell in cells:
        if cell.environment is EnvironmentKind.DOCKER:
            try:
                found.append(images.base(cell))
            except EnvironmentUnavailable:
                continue
    return list(dict.fromkeys(found))


def ask(engine: Engine, wanted: list[str]) -> Answers:
    """What the registry holds under each tag now."""
    answers: Answers = {}
    for reference in wanted:
        try:
            answers[reference] = engine.registry_digest(reference)
        except PullFailed as error:
            answers[reference] = error
    return answers


def lock(path: Path, answers: Answers, *, check: bool, as_json: bool) -> int:
    """Compare with what is locked, write it down unless ``check`` is set. What did not answer stays as it was."""
    old = lockfile.read(path)
    today = datetime.now(UTC).date().isoformat()
    states = {reference: state(old.images.get(reference), answer) for reference, answer in answers.items()}
    fresh = {
        reference: Pin(answer, today)
        for reference, answer in answers.items()
        if isinstance(answer, str) and states[reference] != "unchanged"
    }
    if fresh and not check:
        lockfile.write(path, Lock(images={**old.images, **fresh}))
    if as_json:
        print(json.dumps({"lock": str(path), "written": bool(fresh) and not check, "images": states}, indent=1))
    else:
        for reference, words in states.items():
            print(f"{reference}: {words}")
    changed = any(words.startswith("moved") for words in states.values())
    missing = all(isinstance(answer, PullFailed) for answer in answers.values())
    return Exit.UNEXPECTED if missing or (check and changed) else Exit.OK


def state(pin: Pin | None, answer: str | PullFailed) -> str:
    """``new``, ``unchanged``, ``moved from X to Y``, or why the registry did not say."""
    if isinstance(answer, PullFailed):
        return f"not answered: {answer}"
    if pin is None:
        return f"new: {answer}"
    return "unchanged" if pin.digest == answer else f"moved from {pin.digest} to {answer}, locked {pin.locked}"
