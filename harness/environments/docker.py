"""Cells in containers: images from NVIDIA's registry or from redistributable packages, one container per cell."""

from __future__ import annotations

from dataclasses import replace
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
from harness.environments.connection import connected, connection
from harness.environments.container import binds, configuration
from harness.environments.engine import Engine
from harness.environments.labels import for_container
from harness.environments.ownership import lent
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Cost
from harness.matrix.cell import Cell

# What a cell may take of the daemon's memory where nothing else is said, so that it is ended and not the daemon.
_MEMORY_SHARE = 0.9


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
    if not engine.endpoint.local:
        return f"the daemon at {engine.endpoint.url} does not see this machine's files: cells need a local one"
    if info.remapped:
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
        digest=built.recipe.key,
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
    with lent(evidence, tokens, rootless=info.rootless) as user:
        body = configuration(
            image=str(prepared.handle),
            command=(dockerfile.PYTHON, "-I", dockerfile.LEASH, dockerfile.PYTHON, "-I", dockerfile.PROBE, str(job)),
            user=user,
            mounts=binds(evidence, inputs, tokens),
            limits=limits,
            gpus=gpu.chosen(info, local=engine.endpoint.local),
            labels=for_container(prepared.cell.id, evidence.parent.parent.name, limits.wall_s),
        )
        return running.run(engine, body, f"trt-matrix-{prepared.cell.id}", limits, on_line)
