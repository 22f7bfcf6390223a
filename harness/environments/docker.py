"""Cells in containers: images from NVIDIA's registry or from redistributable packages, one container per cell."""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from harness.environments import (
    Ending,
    Limits,
    OnLine,
    Prepared,
    Progress,
    building,
    cleaning,
    dockerfile,
    gpu,
    running,
)
from harness.environments import software as wanted
from harness.environments.collecting import Kept, trim
from harness.environments.connection import connected, connection
from harness.environments.container import Mount, binds, configuration
from harness.environments.copying import carried
from harness.environments.daemon_records import Info
from harness.environments.endings import refusal
from harness.environments.engine import DaemonGone, Engine, Refused
from harness.environments.labels import for_container
from harness.environments.ownership import NOBODY, lent
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Cost
from harness.matrix.cell import Cell

# What a cell may take of the daemon's memory where nothing else is said, so that it is ended and not the daemon.
_MEMORY_SHARE = 0.9
# Where ``copy``, the daemon is treated as one on another machine, though its socket is here.
FILES = "TRT_MATRIX_DOCKER_FILES"
# In a cell's evidence: which files were shortened or left out.
CUT = "cut.txt"
# Cells on another machine cannot share the pool of tokens that bounds their load and gives each its turn on the GPU.
_ONE_AT_A_TIME = threading.Lock()


def missing(cell: Cell) -> str:
    """Why this cell cannot be provided on this host; empty where it can."""
    try:
        software = wanted.of(cell)
    except EnvironmentUnavailable as error:
        return str(error)
    found = connection()
    if isinstance(found, str):
        return found
    engine, info = found
    if info.remapped and _shares_files(engine):
        return "the daemon maps users to others (userns-remap), so that results would not be yours: use a rootless one"
    return gpu.missing(software, info, local=engine.endpoint.local) or _too_new(engine, software)


def _too_new(engine: Engine, software: wanted.Software) -> str:
    """What NVIDIA's image asks of the driver, where it is here already and can be asked."""
    base = engine.image(software.base) if software.family == "ngc" else None
    try:
        if base is not None:
            gpu.check_image(base, local=engine.endpoint.local)
    except EnvironmentUnavailable as error:
        return str(error)
    return ""


def digest(cell: Cell) -> str:
    """Key of the cell's image. Where the daemon has the base already, the base's own id is part of it."""
    software = wanted.of(cell)
    found = connection()
    if isinstance(found, str):
        return dockerfile.cell(dockerfile.software(software), building.probe_digest()).key
    return building.recipes(found[0], software)[1].key


def cost(cell: Cell, cache: Path) -> Cost:  # noqa: ARG001
    software = wanted.of(cell)
    found = connection()
    base = software.base_bytes
    if not isinstance(found, str):
        if found[0].image(building.recipes(found[0], software)[1].tag):
            return Cost(download_bytes=0, disk_bytes=0, cached=True)
        base = 0 if found[0].image(software.base) else base
    return Cost(download_bytes=software.download_bytes + base // 2, disk_bytes=software.added_bytes + base)


def provision(cell: Cell, cache: Path, progress: Progress) -> Prepared:
    engine, info = connected()
    cleaning.remove_abandoned(engine)
    cleaning.remove_staging(cache)
    software = wanted.of(cell)
    built = building.provide(engine, info, software, cache, cell.timeouts.provision, progress, cell.image or "")
    gpu.check_image(built.base, local=engine.endpoint.local)
    return Prepared(
        cell=cell,
        digest=_at(engine, built.recipe.key),
        libraries=software.libraries,
        module=software.module,
        handle=built.id,
        packages=software.packages,
        findings=built.findings,
        image_digest=built.base.digests[0] if built.base.digests else f"local:{built.base.id}",
    )


def run_probe(
    prepared: Prepared,
    *,
    job: Path,
    evidence: Path,
    inputs: tuple[Path, ...],
    limits: Limits,
    on_line: OnLine,
    tokens: Path | None,
) -> Ending:
    engine, info = connected()
    # The daemon takes whole paths alone, and a job's own are free of links.
    job, evidence, inputs = job.resolve(), evidence.resolve(), tuple(path.resolve() for path in inputs)
    if limits.memory_bytes is None:
        limits = replace(limits, memory_bytes=int(info.memory_bytes * _MEMORY_SHARE))
    cell = _Container(engine, info, prepared, job, evidence, limits, on_line)
    if not _shares_files(engine):
        with _ONE_AT_A_TIME:
            return _copied(cell, inputs)
    with lent(evidence, tokens, rootless=info.rootless) as user:
        ending = cell.run(user, binds(evidence, inputs, tokens))
    return bounded(ending, trim(evidence, limits.evidence_bytes), evidence, limits)


@dataclass(frozen=True, slots=True)
class _Container:
    """What is the same wherever the cell's files lie."""

    engine: Engine
    info: Info
    prepared: Prepared
    job: Path
    evidence: Path
    limits: Limits
    on_line: OnLine

    @property
    def labels(self) -> dict[str, str]:
        return for_container(self.prepared.cell.id, self.evidence.parent.parent.name, self.limits.wall_s)

    def run(self, user: str, mounts: tuple[Mount, ...]) -> Ending:
        bound = ("--bound", str(self.limits.evidence_bytes), str(self.evidence))
        probe = (dockerfile.PYTHON, "-I", dockerfile.PROBE, str(self.job))
        body = configuration(
            image=str(self.prepared.handle),
            command=(dockerfile.PYTHON, "-I", dockerfile.LEASH, *bound, *probe),
            user=user,
            mounts=mounts,
            limits=self.limits,
            gpus=gpu.chosen(self.info, local=self.engine.endpoint.local),
            labels=self.labels,
        )
        return running.run(self.engine, body, f"trt-matrix-{self.prepared.cell.id}", self.limits, self.on_line)


def _at(engine: Engine, key: str) -> str:
    """The same image on another machine is another environment: its GPU is another, and so is what it built before."""
    return key if engine.endpoint.local else hashlib.sha256(f"{key} {engine.endpoint.url}".encode()).hexdigest()


def _shares_files(engine: Engine) -> bool:
    """The daemon sees this machine's files. A local socket may lead elsewhere: then the user has to say so."""
    return engine.endpoint.local and os.environ.get(FILES) != "copy"


def _copied(cell: _Container, inputs: tuple[Path, ...]) -> Ending:
    user = f"{NOBODY}:{NOBODY}"
    ending = Ending(-9, "")
    try:
        with carried(
            cell.engine,
            image=str(cell.prepared.handle),
            labels=cell.labels,
            evidence=cell.evidence,
            inputs=inputs,
            user=user,
        ) as files:
            with files.told_to_stop():
                ending = cell.run(user, tuple(files.mounts))
            return bounded(ending, files.collect(cell.limits.evidence_bytes), cell.evidence, cell.limits)
    except Refused as error:
        return Ending(ending.status, ending.reason or refusal(str(error)))
    except (DaemonGone, tarfile.TarError) as error:
        return Ending(ending.status, ending.reason or f"daemon-gone: the evidence did not come back: {error}")


def bounded(ending: Ending, kept: Kept, evidence: Path, limits: Limits) -> Ending:
    """The ending where the evidence was too much. What was cut of it stands beside it, whatever the ending."""
    if kept.cut:
        # Never through a link that the cell left there.
        (evidence / CUT).unlink(missing_ok=True)
        (evidence / CUT).write_text("".join(f"{words}\n" for words in kept.cut), "utf-8")
    if kept.total <= limits.evidence_bytes:
        return ending
    most = f"{limits.evidence_bytes / 1e6:.0f} MB"
    return replace(ending, reason=f"evidence-limit: the cell wrote more than {most} of files; cut: see {CUT}")
