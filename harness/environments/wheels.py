"""Environments made of wheels: a virtual environment by uv, kept in the cache under the hash of what it holds."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from harness.environments import Ending, Limits, OnLine, Prepared, Progress, interpreters, local, store, uv
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Cost
from harness.matrix.cell import Cell
from harness.support import wheel_sets
from harness.support.wheel_sets import WheelSet
from harness.versions import Flavour

# NumPy, pytest and what they need, unpacked.
_TOOLS_BYTES = 80_000_000
_CORE = {Flavour.TENSORRT: ("libnvinfer.so.*",), Flavour.TENSORRT_RTX: ("libtensorrt_rtx.so.*",)}
_PARSER = {Flavour.TENSORRT: ("libnvonnxparser.so.*",), Flavour.TENSORRT_RTX: ("libtensorrt_onnxparser_rtx.so.*",)}
_REQUIREMENTS = "requirements.txt"


def missing(cell: Cell) -> str:
    known = wheel_sets.find(cell.release, cell.cuda)
    if known is None:
        return _unknown(cell)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return f"the wheels are for Linux on x86_64, this is {platform.system()} on {platform.machine()}"
    python = interpreters.find(cell.python)
    if python is None:
        return f"Python {cell.python} is not installed on this host"
    if python.line not in known.pythons:
        return f"{cell.release} has no wheels for Python {python.line}, only {', '.join(known.pythons)}"
    return ""


def _unknown(cell: Cell) -> str:
    have = {str(known.cuda) for known in wheel_sets.wheel_sets() if _same_release(cell, known)}
    if have:
        return f"{cell.release} has wheels for CUDA {' and '.join(sorted(have))}, not for {cell.cuda}"
    return f"no package index that this project knows by hash has {cell.release} as wheels; use docker or prefix"


def _same_release(cell: Cell, known: WheelSet) -> bool:
    return wheel_sets.find(cell.release, str(known.cuda)) is known


def digest(cell: Cell) -> str:
    wanted = _wheel_set(cell)
    python = _interpreter(cell)
    held = "\n".join((requirements(wanted), python.version, str(python.path), platform.machine()))
    return hashlib.sha256(held.encode()).hexdigest()[:24]


def cost(cell: Cell, cache: Path) -> Cost:
    wanted = _wheel_set(cell)
    key = digest(cell)
    cached = store.made(store.folder(cache, key), key)
    return Cost(
        download_bytes=0 if cached else wanted.download_bytes,
        disk_bytes=0 if cached else wanted.installed_bytes + _TOOLS_BYTES,
        cached=cached,
    )


def provision(cell: Cell, cache: Path, progress: Progress) -> Prepared:
    wanted = _wheel_set(cell)
    key = digest(cell)

    def fill(place: Path) -> None:
        store.require_space(cache, wanted.installed_bytes + _TOOLS_BYTES)
        progress(f"downloading up to {wanted.download_bytes / 1e6:.0f} MB")
        _install(cell, wanted, place, progress)

    place = store.make(cache.absolute(), key, fill)
    return Prepared(
        cell=cell,
        digest=key,
        libraries=_libraries(cell, wanted, place),
        module=wanted.module,
        handle=place / "bin" / "python",
        packages={name: version for name, _, version in (r.requirement.partition("==") for r in wanted.requirements)},
    )


def run_probe(
    prepared: Prepared,
    *,
    job: Path,
    evidence: Path,  # noqa: ARG001 - the job names it, and nothing needs to be mounted
    inputs: tuple[Path, ...],  # noqa: ARG001 - likewise
    limits: Limits,
    on_line: OnLine,
    tokens: Path | None,
) -> Ending:
    assert isinstance(prepared.handle, Path)
    return local.run_probe(prepared.handle, job=job, limits=limits, on_line=on_line, token_file=tokens)


def requirements(wanted: WheelSet) -> str:
    """Every package of the environment with its hashes, as pip and uv read them."""
    return "".join(f"{requirement}\n" for requirement in wanted.requirements) + wheel_sets.probe_lock()


def _install(cell: Cell, wanted: WheelSet, place: Path, progress: Progress) -> None:
    """Make the virtual environment; relocatable, since ``place`` gets its name only when it is whole."""
    timeout = cell.timeouts.provision
    python = str(_interpreter(cell).path)
    uv.run_live(["venv", "--relocatable", "--no-project", "--python", python, str(place)], progress, timeout)
    lock = place / _REQUIREMENTS
    lock.write_text(requirements(wanted), encoding="ascii")
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--python", str(place / "bin" / "python")]
    uv.run_live(["pip", "install", *options, "--requirement", str(lock)], progress, timeout)


def _libraries(cell: Cell, wanted: WheelSet, place: Path) -> tuple[str, ...]:
    """TensorRT's shared libraries, the core before the parser that needs it."""
    folders = list(place.glob(f"lib/python3*/site-packages/{wanted.folder}"))
    patterns = (*_CORE[cell.release.flavour], *_PARSER[cell.release.flavour])
    found = [str(path) for pattern in patterns for folder in folders for path in sorted(folder.glob(pattern))]
    if len(found) != len(patterns):
        raise EnvironmentUnavailable(f"{place}: expected {' and '.join(patterns)}, found {found or 'none'}; remove it")
    return tuple(found)


def _wheel_set(cell: Cell) -> WheelSet:
    known = wheel_sets.find(cell.release, cell.cuda)
    if known is None:
        raise EnvironmentUnavailable(_unknown(cell))
    return known


def _interpreter(cell: Cell) -> interpreters.Interpreter:
    found = interpreters.find(cell.python)
    if found is None:
        raise EnvironmentUnavailable(f"Python {cell.python}: not installed on this host; install it or use 'host'")
    return found
