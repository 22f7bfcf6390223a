"""Environments in a directory that holds TensorRT's libraries: for a GPU host without Docker.

What the cache keeps is small: a virtual environment that finds the prefix's bindings, and, where NVIDIA's plugin
library is absent or cannot be loaded, a stand-in for it. The libraries stay where they are.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import partial
from pathlib import Path

from harness import process
from harness.environments import (
    Ending,
    Limits,
    OnLine,
    Prepared,
    Progress,
    interpreters,
    local,
    prefix_layout,
    software,
    stand_in,
    store,
    uv,
)
from harness.environments.prefix_layout import Layout
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Cost
from harness.matrix.cell import Cell
from harness.versions import Flavour

_TOOLS_BYTES = 80_000_000
_STAND_INS = "stand-ins"
_LOAD = "import ctypes, sys\nfor path in sys.argv[1:]: ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)"


def missing(cell: Cell) -> str:
    """Why this cell cannot be provided on this host; empty where it can."""
    if cell.release.flavour is not Flavour.TENSORRT:
        return f"a prefix holds TensorRT, not {cell.release}; use wheels"
    python = interpreters.find(cell.python)
    if python is None:
        return f"Python {cell.python} is not installed on this host"
    found = prefix_layout.find(prefix_layout.root(cell), cell.release, python.line)
    return found if isinstance(found, str) else ""


def digest(cell: Cell) -> str:
    layout, python = _layout(cell), _interpreter(cell)
    held = [
        str(layout.libraries),
        prefix_layout.states(layout),
        str(layout.site or layout.wheel),
        _requirements(layout),
        python.version,
        str(python.path),
        stand_in.SOURCE,
    ]
    return hashlib.sha256(json.dumps(held).encode()).hexdigest()[:24]


def cost(cell: Cell, cache: Path) -> Cost:
    key = digest(cell)
    cached = store.made(store.folder(cache, key), key)
    wheels = 0 if cached or _layout(cell).site else _TOOLS_BYTES
    return Cost(download_bytes=wheels // 3, disk_bytes=wheels, cached=cached)


def provision(cell: Cell, cache: Path, progress: Progress) -> Prepared:
    layout, key = _layout(cell), digest(cell)
    place = store.make(cache.absolute(), key, partial(_fill, cell, layout, progress))
    sites = [layout.site] if layout.site else list(place.glob("lib/python3*/site-packages"))
    return Prepared(
        cell=cell,
        digest=key,
        libraries=tuple(str(path) for path in _libraries(cell, layout, place)),
        module="tensorrt_bindings" if layout.site else "tensorrt",
        handle=place / "bin" / "python",
        packages=prefix_layout.packages(sites),
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
    # The core opens its builder resource by its bare name, which only this lets the loader find.
    path = _search_path(Path(prepared.libraries[0]).parent) | _headers(prepared.cell)
    return local.run_probe(
        prepared.handle, job=job, limits=limits, on_line=on_line, token_file=tokens, extra=tuple(path.items())
    )


def _fill(cell: Cell, layout: Layout, progress: Progress, place: Path) -> None:
    python = _interpreter(cell)
    progress(f"making a virtual environment for {layout.root}")
    process.run([python.path, "-I", "-m", "venv", "--without-pip", place])
    if layout.site:
        pointer = place / "lib" / f"python{python.line}" / "site-packages" / "prefix.pth"
        pointer.write_text(f"{layout.site.absolute()}\n", encoding="utf-8")
    else:
        _install(cell, layout, place, progress)
    _stand_in(cell, layout, place)


def _install(cell: Cell, layout: Layout, place: Path, progress: Progress) -> None:
    """NVIDIA's wheel from the prefix, and from the index what the probe needs."""
    lock = place / "requirements.txt"
    lock.write_text(_requirements(layout), encoding="ascii")
    target = ["--no-deps", "--only-binary", ":all:", "--python", str(place / "bin" / "python")]
    timeout = cell.timeouts.provision
    uv.run_live(["pip", "install", *target, str(layout.wheel)], progress, timeout)
    uv.run_live(["pip", "install", *target, "--require-hashes", "--requirement", str(lock)], progress, timeout)


def _requirements(layout: Layout) -> str:
    return "" if layout.site else software.lock("probe_numpy1")


def _stand_in(cell: Cell, layout: Layout, place: Path) -> None:
    """Only where NVIDIA's own plugin library does not serve: what the loader says of it becomes the reason."""
    name = _plugins(cell)
    own = layout.library(name)
    reason = "the prefix has no such library"
    if own is not None:
        core = layout.libraries / prefix_layout.core_name(cell.release)
        words = [str(place / "bin" / "python"), "-I", "-c", _LOAD, str(core), str(own)]
        done = process.run(words, env={**local.variables(), **_search_path(layout.libraries)}, check=False)
        if done.status == 0:
            return
        reason = (done.stderr.strip().splitlines() or [process.ending(done.status)])[-1]
    stand_in.make(place / _STAND_INS, name, reason)


def _libraries(cell: Cell, layout: Layout, place: Path) -> list[Path]:
    """In loading order: with global symbols, each finds those before it by their names."""
    replaced = place / _STAND_INS / _plugins(cell)
    names = prefix_layout.parser_names(cell.release)
    parsers = [path for path in map(layout.library, names) if path is not None]
    if len(parsers) != len(names):
        raise EnvironmentUnavailable(f"{layout.libraries}: {' or '.join(names)} is missing")
    plugins = replaced if replaced.is_file() else layout.libraries / replaced.name
    return [layout.libraries / prefix_layout.core_name(cell.release), plugins, *parsers]


def _plugins(cell: Cell) -> str:
    return f"libnvinfer_plugin.so.{cell.release.version.major}"


def _headers(cell: Cell) -> dict[str, str]:
    """Where the probe builds a plugin against: the prefix, if it has TensorRT's headers."""
    root = prefix_layout.root(cell)
    return {"TENSORRT_ROOT": str(root)} if (root / "include" / "NvInfer.h").is_file() else {}


def _search_path(folder: Path) -> dict[str, str]:
    given = os.environ.get("LD_LIBRARY_PATH", "")
    return {"LD_LIBRARY_PATH": os.pathsep.join(word for word in (str(folder.absolute()), given) if word)}


def _layout(cell: Cell) -> Layout:
    found = prefix_layout.find(prefix_layout.root(cell), cell.release, _interpreter(cell).line)
    if isinstance(found, str):
        raise EnvironmentUnavailable(found)
    return found


def _interpreter(cell: Cell) -> interpreters.Interpreter:
    found = interpreters.find(cell.python)
    if found is None:
        raise EnvironmentUnavailable(f"Python {cell.python}: not installed on this host; install it or use 'host'")
    return found
