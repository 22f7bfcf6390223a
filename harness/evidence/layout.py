"""Where the files of a run lie, and how its pieces are named."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError

OUT = Path("reports/out")


def timestamp() -> str:
    """Now, as ISO 8601 in UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_run_id() -> str:
    """A name that sorts by time and is a safe folder name: ``2026-11-23T08-00-00Z-1a2b``."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}-{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run below the folder of all runs (``reports/out``)."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def results(self) -> Path:
        return self.path / "results.json"

    @property
    def plan(self) -> Path:
        """The run as planned, in the shape of ``results``: what is left of a run that did not come to its end."""
        return self.path / "plan.json"

    @property
    def index(self) -> Path:
        return self.path / "index.html"

    def cell(self, cell_id: str) -> Path:
        return self.path / "evidence" / cell_id

    def case(self, cell_id: str, case_id: str) -> Path:
        return self.cell(cell_id) / case_id

    def relative(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


def create_run(out: Path) -> RunFolder:
    """Make a new run's folder."""
    folder = RunFolder(out / new_run_id())
    try:
        folder.path.joinpath("evidence").mkdir(parents=True)
    except OSError as error:
        raise UsageError(
            f"{out}: cannot write runs here ({error.strerror}); choose another folder with --out"
        ) from error
    return folder


def cache_folder(out: Path) -> Path:
    """The folder of everything that runs share; ``TRT_MATRIX_CACHE`` moves it."""
    moved = os.environ.get("TRT_MATRIX_CACHE")
    return Path(moved) if moved else out / "cache"


def set_latest(out: Path, run: RunFolder) -> None:
    """Point ``latest`` at a run, in one step: a reader sees the old or the new."""
    link = out / f".latest-{secrets.token_hex(4)}"
    link.symlink_to(run.id)
    link.replace(out / "latest")


def find_stopped(out: Path, name: str) -> RunFolder | None:
    """A run of that id that has evidence and no results: it was killed, or could not write them."""
    path = out / name
    stopped = (path / "plan.json").is_file() and not (path / "results.json").is_file()
    return RunFolder(path.resolve()) if stopped else None


def find_run(out: Path, name: str = "latest") -> RunFolder:
    """The run of that id, or the newest one. Raises ``UsageError`` where there is none."""
    path = out / name
    if not (path / "results.json").is_file():
        known = sorted(entry.parent.name for entry in out.glob("2*/results.json")) if out.is_dir() else []
        if known and name == "latest":  # runs from elsewhere come without the link
            return RunFolder((out / known[-1]).resolve())
        hint = f"the newest there is {known[-1]}" if known else "make one with 'trt-matrix run'"
        raise UsageError(f"run {name!r} is not in {out}; {hint}")
    return RunFolder(path.resolve())
