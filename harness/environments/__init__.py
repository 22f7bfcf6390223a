"""Where a cell's software comes from. Each kind is a module that has the functions of ``Kind``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from harness.evidence.records import Cost, Finding
from harness.matrix.cell import Cell, EnvironmentKind

# Called with a few words ("downloading 220 MB", "pulling layer 3 of 12"); a kind may call it often.
Progress = Callable[[str], None]
# Called with each line that the probe prints, live.
OnLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one cell may use. Bytes and seconds; ``None``: no limit."""

    wall_s: float
    memory_bytes: int | None = None
    pids: int | None = 512
    log_bytes: int = 256 * 1024 * 1024
    # All files of a cell's evidence together; held for containers.
    evidence_bytes: int = 16 * 1024**3


@dataclass(frozen=True, slots=True)
class Prepared:
    """An environment that stands ready.

    ``libraries`` are TensorRT's shared libraries in loading order and ``module`` the name of its Python
    bindings, as the cell sees them. ``paths`` maps a folder of the host to where the cell sees it (the
    identity for wheels and prefix). ``handle`` is the kind's own.
    """

    cell: Cell
    digest: str
    libraries: tuple[str, ...]
    module: str
    handle: object = None
    packages: dict[str, str] = field(default_factory=dict)
    image_digest: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How the probe ended: its exit status (negative: a signal), and words where the environment knows why."""

    status: int
    reason: str = ""


class Kind(Protocol):
    """A kind of environment."""

    def missing(self, cell: Cell) -> str:
        """Why this cell cannot be provided on this host; empty where it can. Quick, downloads nothing."""
        ...

    def digest(self, cell: Cell) -> str:
        """Key of all that the environment will hold: the same digest is the same environment."""
        ...

    def cost(self, cell: Cell, cache: Path) -> Cost: ...

    def provision(self, cell: Cell, cache: Path, progress: Progress) -> Prepared:
        """Make it, or find it made. Whole or not at all, also when killed. Raises EnvironmentUnavailable."""
        ...

    def run_probe(
        self,
        prepared: Prepared,
        *,
        job: Path,
        evidence: Path,
        inputs: tuple[Path, ...],
        limits: Limits,
        on_line: OnLine,
        tokens: Path | None,
    ) -> Ending:
        """Run the probe on ``job``. ``evidence`` is writable, ``inputs`` (files or folders) read-only."""
        ...


_KINDS = {
    EnvironmentKind.WHEELS: "harness.environments.wheels",
    EnvironmentKind.DOCKER: "harness.environments.docker",
    EnvironmentKind.PREFIX: "harness.environments.prefix",
}


def kind_of(cell: Cell) -> Kind:
    """The module for a cell's environment, imported on first use: ``plan`` starts without the Docker SDK."""
    return cast("Kind", import_module(_KINDS[cell.environment]))
