"""A real TensorRT-RTX cell, made once, and a way to run the probe in it."""

from __future__ import annotations

import json
import os
import secrets
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.environments import Ending, Limits, Prepared, wheels
from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell, EnvironmentKind
from harness.versions import Release
from tests.cell.models import convolution

CACHE = Path(os.environ.get("TRT_MATRIX_CACHE", "reports/out/cache")) / "environments"


def cell(version: str) -> Cell:
    return Cell(Release.parse(f"tensorrt-rtx {version}"), "12.9", None, "host", EnvironmentKind.WHEELS, "wheels")


def provided(version: str) -> Prepared:
    try:
        return wheels.provision(cell(version), CACHE, lambda _: None)
    except EnvironmentUnavailable as error:
        pytest.skip(f"no TensorRT-RTX {version} here: {error}")


@pytest.fixture(scope="session")
def rtx() -> Prepared:
    return provided("1.7.1")


@pytest.fixture(scope="session")
def older_rtx() -> Prepared:
    return provided("1.6.1")


@dataclass
class Bench:
    """Asks a probe for something and reads what it left."""

    prepared: Prepared
    out: Path
    models: Path
    lines: list[str] = field(default_factory=list)

    def case(self, name: str, recipe: str = "fp32", **changes: Any) -> dict[str, Any]:
        dtype = np.float16 if recipe == "fp16-typed" else np.float32
        model = convolution(self.models / f"{np.dtype(dtype).name}.onnx", dtype)
        case = {"id": name, "route": "onnx", "recipe": recipe, "target": "sm86", "timeout_s": 60.0, "model": str(model)}
        return {**case, "weights": None, "network": None, "options": {}, **changes}

    def run(self, *cases: dict[str, Any], wall_s: float = 120.0, tokens: Path | None = None, **changes: Any) -> Ending:
        job = {
            "format": 1,
            "cell": "test",
            "expect": {"flavour": "tensorrt-rtx", "version": "1.7.1"},
            "libraries": self.prepared.libraries,
            "module": self.prepared.module,
            "out": str(self.out),
            "jobs": 2,
            "tokens": str(tokens) if tokens else None,
            "keep_engines": False,
            "negative_control": None,
            "cases": cases,
            **changes,
        }
        path = self.out / "job.json"
        path.write_text(json.dumps(job), encoding="ascii")
        return wheels.run_probe(
            self.prepared,
            job=path,
            evidence=self.out,
            inputs=(),
            limits=Limits(wall_s),
            on_line=self.lines.append,
            tokens=tokens,
        )

    def events(self, case: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / case / "events.jsonl").read_text("ascii").splitlines()]

    def event(self, case: str, name: str) -> dict[str, Any]:
        return next(event for event in self.events(case) if event["event"] == name)

    def outcome(self, case: str) -> tuple[str, str]:
        """Outcome and reason; the outcome must be the last word."""
        last = self.events(case)[-1]
        return last["outcome"], last["reason"]

    def log(self, case: str) -> str:
        return (self.out / case / "tensorrt.log").read_text(encoding="utf-8")


@pytest.fixture
def bench(rtx: Prepared, tmp_path: Path) -> Bench:
    out, models = tmp_path / "evidence", tmp_path / "models"
    out.mkdir()
    models.mkdir()
    return Bench(rtx, out, models)


@pytest.fixture
def stand_in(bench: Bench, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Puts a module of the given source beside the real bindings, for one test; returns its name.

    A stand-in for a library that misbehaves: the real one cannot be made to crash at will.
    """
    path = Path(bench.prepared.libraries[0]).parents[1] / f"stand_in_{secrets.token_hex(4)}.py"

    def make(source: str) -> str:
        path.write_text("import os, signal, time\n" + source, encoding="ascii")
        return path.stem

    yield make
    path.unlink()


def sabotaged(body: str) -> str:
    """The real bindings, but whose ``Builder`` runs ``body`` first."""
    lines = textwrap.indent(body, "    ")
    return f"""
import tensorrt_rtx_bindings as real
from tensorrt_rtx_bindings import *
def Builder(logger):
{lines}
    return real.Builder(logger)
"""
