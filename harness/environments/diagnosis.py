"""What this machine has for which cells, what it lacks, and how to get it: the checks of ``trt-matrix doctor``."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness import process
from harness.environments import gpu, uv
from harness.environments.connection import connection
from harness.environments.daemon_records import Info
from harness.environments.engine import Engine
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Host

# Room for an image of NVIDIA's and what is built on it; for the six environments of wheels.
_IMAGE_BYTES = 15_000_000_000
_WHEELS_BYTES = 2_500_000_000
# A small package that the project needs anyway; resolving it asks the index once.
_ASKED = "iniconfig"
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


class Standing(StrEnum):
    OK = "ok"
    ABSENT = "absent"  # nothing is wrong; some cells cannot run here
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    standing: Standing
    found: str
    remedy: str = ""


def checks(host: Host, out: Path, environ: Mapping[str, str]) -> list[Check]:
    """Every check, the quick ones first. Asks the package index and the daemon; changes nothing."""
    found = connection()
    engine, info = (None, None) if isinstance(found, str) else found
    return [
        _uv(),
        _index(),
        _proxies(environ),
        room("disk for wheels", out, _WHEELS_BYTES),
        _maven(),
        docker(found),
        *([_daemon_disk(engine, info)] if engine and info else []),
        _driver(host),
        toolkit(info, host.driver),
        _login(Path.home()),
    ]


def docker(found: tuple[Engine, Info] | str) -> Check:
    if isinstance(found, str):
        return Check("docker", Standing.ABSENT, found, "install Docker Engine or Podman, or point DOCKER_HOST at one")
    engine, info = found
    product = "Podman" if info.podman else "Docker"
    rootless = ", rootless" if info.rootless else ""
    return Check("docker", Standing.OK, f"{product} {info.version} at {engine.endpoint.url} ({info.storage}{rootless})")


def toolkit(info: Info | None, driver: str) -> Check:
    name = "nvidia toolkit"
    if info is None or not driver:
        why = "not needed without a daemon" if info is None else "not needed without a GPU"
        return Check(name, Standing.ABSENT, why)
    if gpu.toolkit(info):
        return Check(name, Standing.OK, "the daemon can hand GPUs on")
    remedy = "install nvidia-container-toolkit, run `nvidia-ctk runtime configure --runtime=docker`, restart the daemon"
    return Check(name, Standing.PROBLEM, "there is a GPU, and the daemon cannot hand it on", remedy)


def room(name: str, place: Path, wanted: int) -> Check:
    existing = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    words = f"{free / 1e9:.1f} GB free at {existing}"
    if free >= wanted:
        return Check(name, Standing.OK, words)
    remedy = f"make room for {wanted / 1e9:.1f} GB; `trt-matrix gc --images` removes this project's images"
    return Check(name, Standing.PROBLEM, words, remedy)


def without_credentials(address: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//***@", address)


def _uv() -> Check:
    try:
        done = uv.run("--version", check=False)
    except EnvironmentUnavailable as error:
        return Check("uv", Standing.PROBLEM, str(error), "install the project again")
    return Check("uv", Standing.OK, done.stdout.strip())


def _index() -> Check:
    """Whether uv reaches its index, by the user's own configuration."""
    name = "package index"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as asked:
        asked.write(f"{_ASKED}\n")
        asked.flush()
        try:
            done = uv.run("pip", "compile", "--no-deps", "--refresh", "--quiet", asked.name, check=False)
        except EnvironmentUnavailable as error:
            return Check(name, Standing.PROBLEM, str(error))
    if done.status == 0:
        return Check(name, Standing.OK, "answers")
    told = uv.condense(done.stderr.splitlines()) or process.ending(done.status)
    remedy = "set UV_DEFAULT_INDEX (or pip's index-url) to an index you reach, or a proxy by HTTPS_PROXY"
    return Check(name, Standing.PROBLEM, without_credentials(told), remedy)


def _proxies(environ: Mapping[str, str]) -> Check:
    found = [f"{name}={without_credentials(environ[name])}" for name in _PROXIES if environ.get(name)]
    return Check("proxies", Standing.OK, ", ".join(found) or "none configured")


def _maven() -> Check:
    place = shutil.which("mvn")
    if place:
        return Check("maven", Standing.OK, place)
    remedy = "install Maven to build TensorRT cells from redistributable packages"
    return Check("maven", Standing.ABSENT, "mvn is not installed", remedy)


def _daemon_disk(engine: Engine, info: Info) -> Check:
    name = "disk for images"
    if not engine.endpoint.local or not info.root.exists():
        return Check(name, Standing.OK, f"not seen from here ({info.root} on the daemon's machine)")
    return room(name, info.root, _IMAGE_BYTES)


def _driver(host: Host) -> Check:
    if not host.driver:
        return Check(
            "nvidia driver", Standing.ABSENT, "none loaded", "TensorRT cells need a GPU; TensorRT-RTX cells build"
        )
    words = f"{host.driver}, CUDA to {gpu.driver_cuda() or '?'}; {', '.join(host.gpus) or 'no GPU shown'}"
    if host.gpus:
        return Check("nvidia driver", Standing.OK, words)
    return Check("nvidia driver", Standing.PROBLEM, words, "see what `nvidia-smi` says")


def _login(home: Path) -> Check:
    """Whether the ``docker`` command has a login for NVIDIA's registry; what it is, is not looked at."""
    config = Path(os.environ.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
    try:
        content = json.loads(config.read_text("utf-8"))
        known = "nvcr.io" in {**content.get("auths", {}), **content.get("credHelpers", {})}
    except (OSError, ValueError, AttributeError, TypeError):
        known = False
    if known:
        return Check("ngc login", Standing.OK, "configured")
    return Check(
        "ngc login", Standing.ABSENT, "none", "if pulling is refused: `docker login nvcr.io`, user $oauthtoken"
    )
