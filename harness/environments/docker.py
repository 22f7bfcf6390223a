"""Cells in containers: images from NVIDIA's registry or from redistributable packages, one container per cell."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from pathlib import Path

from harness.environments import Ending, Limits, OnLine, Prepared, Progress, building, cleaning, dockerfile, gpu
from harness.environments import software as wanted
from harness.environments.connection import connected, connection
from harness.environments.container import binds, configuration
from harness.environments.endings import State, ending, refusal
from harness.environments.engine import DaemonGone, Engine, Refused
from harness.environments.labels import for_container
from harness.environments.lines import Lines
from harness.environments.ownership import lent
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Cost
from harness.matrix.cell import Cell

# What a cell may take of the daemon's memory where nothing else is said, so that it is ended and not the daemon.
_MEMORY_SHARE = 0.9
_NOT_STARTED = 125
_TIMED_OUT = 124
# How long a daemon that went away is waited for, and how long one is watched that ended a container by itself.
_RESTART_S = 30.0
_GOING_S = 3.0


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
    return gpu.missing(software, info, local=engine.endpoint.local)


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
        return _run(engine, body, prepared.cell.id, limits, on_line)


def _run(engine: Engine, body: dict[str, object], cell_id: str, limits: Limits, on_line: OnLine) -> Ending:
    container = ""
    try:
        container = engine.create(body, f"trt-matrix-{cell_id}-{secrets.token_hex(4)}")
        return _supervised(engine, container, limits, on_line)
    except Refused as error:
        return Ending(_NOT_STARTED, refusal(str(error)))
    except DaemonGone as error:
        return _after_loss(engine, container, str(error))
    finally:
        if container:
            _remove(engine, container)


def _supervised(engine: Engine, container: str, limits: Limits, on_line: OnLine) -> Ending:
    """Start, hand on what is printed, and say how it ended. The thread that called reads; nothing is buffered."""
    deadline = time.monotonic() + limits.wall_s
    lines = Lines(on_line, limits.log_bytes)
    attached = engine.attach(container)
    try:
        engine.start(container)
        for piece in attached.pieces(deadline):
            lines.feed(piece)
            if lines.flooded:
                engine.kill(container)
                return Ending(-9, f"output-limit: the cell printed more than {limits.log_bytes // 1_000_000} MB")
        lines.close()
        engine.wait(container, max(1.0, deadline - time.monotonic()))
    except TimeoutError:
        engine.kill(container)
        return Ending(_TIMED_OUT, f"timed-out: the cell ran past {limits.wall_s:.0f} s")
    finally:
        attached.close()
    return _ended(engine, engine.state(container), limits)


def _ended(engine: Engine, state: State | None, limits: Limits) -> Ending:
    if state is None:
        return Ending(-9, "killed: the container was removed from outside")
    found = ending(state, limits.memory_bytes)
    if found.reason.startswith("killed:"):
        _watch(engine)
    return found


def _watch(engine: Engine) -> None:
    """A daemon that shuts down ends its containers first; raises ``DaemonGone`` where this one does."""
    until = time.monotonic() + _GOING_S
    while time.monotonic() < until:
        engine.ping()
        time.sleep(0.2)


def _after_loss(engine: Engine, container: str, words: str) -> Ending:
    """Whether the daemon comes back; its containers do not outlive it, or have lost their leash."""
    until = time.monotonic() + _RESTART_S
    while time.monotonic() < until:
        time.sleep(0.5)
        try:
            engine.ping()
        except DaemonGone:
            continue
        return Ending(-9, "daemon-restarted: the daemon was restarted during the run, which ended the container")
    left = f"; container {container[:12]} may be left there: `trt-matrix gc` removes it" if container else ""
    return Ending(-9, f"daemon-gone: {words}{left}")


def _remove(engine: Engine, container: str) -> None:
    try:
        engine.remove(container)
    except DaemonGone:
        return
