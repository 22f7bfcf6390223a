"""The job that the host writes: what to build and where to put the evidence."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

FORMAT = 1
NEGATIVE_CONTROL = "negative-control"
DEFAULT_LOG_BYTES = 256 * 1024 * 1024


class JobError(Exception):
    """The job cannot be read; says why in one line."""


@dataclass(frozen=True)
class Case:
    """One case. ``options`` depends on route and recipe (shapes, calibration); ``samples`` are what it executes."""

    id: str
    route: str
    recipe: str
    target: str
    timeout_s: float
    model: Optional[str] = None
    weights: Optional[str] = None
    network: Optional[str] = None
    samples: Optional[str] = None
    options: Mapping[str, Any] = None  # type: ignore[assignment]

    @property
    def is_negative_control(self) -> bool:
        return self.id == NEGATIVE_CONTROL


@dataclass(frozen=True)
class Job:
    cell: str
    flavour: str
    version: str
    libraries: Tuple[str, ...]
    module: str
    out: str
    jobs: int
    tokens: Optional[str]
    keep_engines: bool
    log_bytes: int
    cases: Tuple[Case, ...]

    def folder(self, case: Case) -> str:
        return os.path.join(self.out, case.id)


def read(path: str) -> Job:
    """Read ``job.json``. Raises ``JobError`` where it is damaged or of another format."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        if data.get("format") != FORMAT:
            raise JobError("{}: job format {!r}, this probe reads {}".format(path, data.get("format"), FORMAT))
        return _job(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError("{}: not a job: {}: {}".format(path, type(error).__name__, error)) from error


def _job(data: Dict[str, Any]) -> Job:
    cases = tuple(_case(entry) for entry in data["cases"])
    if data.get("negative_control"):
        cases += (_negative_control(data["negative_control"], cases),)
    return Job(
        cell=data["cell"],
        flavour=data["expect"]["flavour"],
        version=data["expect"]["version"],
        libraries=tuple(data["libraries"]),
        module=data["module"],
        out=data["out"],
        jobs=max(1, int(data.get("jobs", 1))),
        tokens=data.get("tokens"),
        keep_engines=bool(data.get("keep_engines", False)),
        log_bytes=int(data.get("log_bytes") or DEFAULT_LOG_BYTES),
        cases=cases,
    )


def _case(data: Dict[str, Any]) -> Case:
    return Case(
        id=data["id"],
        route=data["route"],
        recipe=data["recipe"],
        target=data["target"],
        timeout_s=float(data["timeout_s"]),
        model=data.get("model"),
        weights=data.get("weights"),
        network=data.get("network"),
        samples=data.get("samples"),
        options=data.get("options") or {},
    )


def _negative_control(model: str, cases: Tuple[Case, ...]) -> Case:
    """The model that the parser must refuse, as a case with the patience of the others."""
    timeout_s = max((case.timeout_s for case in cases), default=60.0)
    return Case(NEGATIVE_CONTROL, "onnx", "fp32", "", timeout_s, model=model, options={})
