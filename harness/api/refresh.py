"""Walk the Python bindings of releases and add them to the surfaces.

The bindings come from PyPI; the libraries are stand-ins, or real ones where a folder of them is given.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import uv

from harness import process
from harness.api import compile as compiling
from harness.api.headers import walk_headers
from harness.api.standins import compile_standins, needed
from harness.errors import EnvironmentUnavailable, UsageError
from harness.support.surfaces import Data, Language, Source, Surfaces, read
from harness.versions import Flavour, Release, Version

_WALK = Path(__file__).with_name("walk.py")
# The CUDA 12 bindings reach back the furthest; those of CUDA 13 have the same API.
PACKAGES = {
    Flavour.TENSORRT: ("tensorrt-bindings", "tensorrt-cu12-bindings"),
    Flavour.TENSORRT_RTX: ("tensorrt-rtx-cu12-bindings",),
}
_MODULES = {Flavour.TENSORRT: "tensorrt_bindings", Flavour.TENSORRT_RTX: "tensorrt_rtx_bindings"}


@dataclass(frozen=True, slots=True)
class Build:
    """One version of a bindings package, such as ``tensorrt-cu12-bindings`` 10.13.3.9.post1."""

    release: Release
    package: str
    version: str


def published(flavour: Flavour) -> list[Build]:
    """The newest build of every release on the package index, oldest first."""
    builds: dict[Release, Build] = {}
    for package in PACKAGES[flavour]:
        done = process.run([*_pip(), "index", "versions", package], check=False)
        versions = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
        if versions is None:
            raise EnvironmentUnavailable(f"{package}: the package index does not answer ({done.stderr.strip()[-200:]})")
        for version in reversed(versions[1].split(", ")):
            build = Build(_release(flavour, version), package, version)
            builds[build.release] = build
    return sorted(builds.values(), key=lambda build: build.release.version)


def _release(flavour: Flavour, build: str) -> Release:
    """10.13.3.9.post1 is a build of release 10.13.3."""
    parts = Version.parse(build.partition(".post")[0]).parts
    return Release(flavour, Version(parts[:3]))


class Done(TypedDict):
    """What ``run`` did: the releases walked, and with ``compare`` the names that differ in each."""

    walked: list[str]
    differences: dict[str, list[str]]
    written: str | None


def run(
    releases: Sequence[Release] | None,
    *,
    libraries: Path | None,
    out: Path,
    compare: bool,
    progress: Callable[[str], None],
) -> Done:
    """Walk releases (None: every published one that ``out`` does not know) and add them to ``out``.

    ``libraries`` holds real libraries; None makes stand-ins. With ``compare`` nothing is written.
    """
    data = read(out) if out.exists() else compiling.build(Language.PYTHON, [])
    builds = _asked(releases) if releases else [build for flavour in Flavour for build in _unknown(data, flavour)]
    walks = []
    for build in builds:
        progress(f"{build.package} {build.version}")
        walks.append(walk(build, libraries=libraries))
    differing = {str(source.release): _differences(data, source, facts) for source, facts in walks} if compare else {}
    if walks and not compare:
        compiling.write(compiling.merge(data, walks), out)
    written = str(out) if walks and not compare else None
    return Done(walked=[str(build.release) for build in builds], differences=differing, written=written)


def run_headers(folder: Path, flavour: Flavour, *, out: Path, compare: bool) -> Done:
    """Read a folder of C++ headers and add its release to ``out``; with ``compare`` nothing is written."""
    data = read(out) if out.exists() else compiling.build(Language.CPP, [])
    source, facts = walk_headers(folder, flavour, f"headers of {source_name(folder)}")
    differing = {str(source.release): _differences(data, source, facts)} if compare else {}
    if not compare:
        compiling.write(compiling.merge(data, [(source, facts)]), out)
    return Done(walked=[str(source.release)], differences=differing, written=None if compare else str(out))


def source_name(folder: Path) -> str:
    """The folder's last two names: enough to know it again, and nobody's home."""
    return "/".join(folder.resolve().parts[-2:])


def text(done: Done) -> str:
    """What was done, in words."""
    if not done["walked"]:
        return "every published release is known already"
    lines = [f"walked {len(done['walked'])}: {', '.join(done['walked'])}"]
    for release, names in done["differences"].items():
        lines.append(
            f"{release}: {len(names)} names differ from what is shipped{': ' if names else ''}{', '.join(names)}"
        )
    if done["written"]:
        lines.append(f"written to {done['written']}")
    return "\n".join(lines)


def _asked(releases: Sequence[Release]) -> list[Build]:
    builds = [build for flavour in {release.flavour for release in releases} for build in published(flavour)]
    found = [[build for build in builds if _same(asked, build.release)] for asked in releases]
    unknown = [str(asked) for asked, matches in zip(releases, found, strict=True) if not matches]
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: no bindings of that release are published")
    return [build for matches in found for build in matches]


def _same(asked: Release, known: Release) -> bool:
    return asked.flavour is known.flavour and asked.version.covers(known.version)


def _unknown(data: Data, flavour: Flavour) -> list[Build]:
    known = {source.release for source in data.releases}
    return [build for build in published(flavour) if build.release not in known]


def walk(build: Build, *, libraries: Path | None) -> tuple[Source, compiling.Facts]:
    """Download one wheel, import it in a process of its own, and list what it has."""
    with tempfile.TemporaryDirectory(prefix="trt-matrix-api-") as name:
        folder = Path(name)
        wheel = _download(build, folder)
        zipfile.ZipFile(wheel).extractall(folder / "site")
        module = _MODULES[build.release.flavour]
        bindings = next((folder / "site" / module).glob("tensorrt*.so"))
        loaded = _libraries(needed(bindings), folder, libraries)
        facts = _walk_module(module, folder, loaded)
        source = Source(
            flavour=build.release.flavour.value,
            version=str(build.release.version),
            build=build.version,
            origin=wheel.name,
            sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
            way="real" if libraries else "stand-in",
        )
    return source, facts


def _walk_module(module: str, folder: Path, libraries: list[Path]) -> compiling.Facts:
    out = folder / "walk.json"
    done = process.run(
        [sys.executable, "-I", _WALK, module, folder / "site", out, *libraries], timeout=120, check=False
    )
    if done.status:
        reason = done.stderr.strip().splitlines()[-1:] or [f"status {done.status}"]
        raise EnvironmentUnavailable(
            f"{module}: cannot be imported with these libraries ({reason[0]}); "
            "put the folders of what they need into LD_LIBRARY_PATH"
        )
    symbols: dict[str, list[str]] = json.loads(out.read_text(encoding="utf-8"))["symbols"]
    return {name: (kind, signature, since) for name, (kind, signature, since) in symbols.items()}


def _differences(data: Data, source: Source, facts: compiling.Facts) -> list[str]:
    """Names whose kind or signature differ between ``data`` and another walk of the same release."""
    known = compiling.facts_of(Surfaces(data).surface(source.release))
    both = known.keys() & facts.keys()
    return sorted((known.keys() ^ facts.keys()) | {name for name in both if known[name][:2] != facts[name][:2]})


def _libraries(sonames: list[str], folder: Path, real: Path | None) -> list[Path]:
    if real is None:
        return compile_standins(sonames, folder)
    found = [next(real.glob(f"{soname}*"), None) for soname in sonames]
    missing = [soname for soname, path in zip(sonames, found, strict=True) if path is None]
    if missing:
        raise EnvironmentUnavailable(f"{real}: has no {', '.join(missing)}")
    return [path.resolve() for path in found if path]


def _download(build: Build, folder: Path) -> Path:
    done = process.run(
        [
            *_pip(),
            *("download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--dest", folder),
            f"{build.package}=={build.version}",
        ],
        check=False,
    )
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        python = ".".join(map(str, sys.version_info[:2]))
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise EnvironmentUnavailable(
            f"{build.package} {build.version}: no wheel for Python {python} could be fetched ({reason[0]}); "
            "8.6.1 has wheels up to Python 3.11"
        )
    return wheel


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    return [uv.find_uv_bin(), "tool", "run", "pip", "--disable-pip-version-check", "--no-input"]
