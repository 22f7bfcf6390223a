"""Real headers and a real nvcc, fetched on first use by the packages' own clients; nothing of them is committed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("TRT_MATRIX_CACHE", "reports/out/cache")).absolute() / "toolkit"
NVCC = ("nvidia-cuda-nvcc", "nvidia-nvvm", "nvidia-cuda-crt", "nvidia-cuda-runtime", "nvidia-cuda-cccl")
CRATE = "0.9.1+rtx1.7"
FETCH_S = 300.0


@pytest.fixture(scope="session")
def toolkit() -> Path:
    """Folder with ``bin/nvcc`` and its headers."""
    target = CACHE / "nvcc13"
    nvcc = target / "nvidia" / "cu13" / "bin" / "nvcc"
    if not nvcc.exists():
        wanted = [f"{name}==13.*" for name in NVCC]
        fetched(["uv", "pip", "install", "--python", sys.executable, "--target", target, *wanted])
    return nvcc.parents[1]


@pytest.fixture(scope="session")
def headers() -> Path:
    """TensorRT 11.4's headers, from the sources of a crate that carries them."""
    project = CACHE / "headers"
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "src" / "lib.rs").touch()
    manifest = project / "Cargo.toml"
    manifest.write_text(
        '[package]\nname = "headers"\nversion = "0.0.0"\nedition = "2021"\n'
        f'[dependencies]\ntrtx-sys = {{version = "={CRATE}", default-features = false}}\n'
    )
    told = fetched(["cargo", "metadata", "--format-version", "1", "--manifest-path", manifest])
    (crate,) = (each for each in json.loads(told)["packages"] if each["name"] == "trtx-sys")
    return Path(crate["manifest_path"]).parent / "TensorRT-Headers" / "TRT-Enterprise-11.4"


def fetched(command: list[str | Path]) -> str:
    """What a package's client says; where it cannot fetch, the test is skipped aloud."""
    tool = command[0]
    # uv may lie beside the interpreter of a virtual environment that is not on the path.
    found = shutil.which(tool, path=os.pathsep.join((os.environ.get("PATH", ""), str(Path(sys.executable).parent))))
    if found is None:
        pytest.skip(f"no {tool} on this machine: the plugin was not compiled")
    done = subprocess.run([found, *command[1:]], capture_output=True, text=True, timeout=FETCH_S, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it says nothing"]
        why = next((line for line in said if line.startswith("error")), said[-1])
        pytest.skip(f"{tool} could not fetch, the plugin was not compiled: {why[:300]}")
    return done.stdout
