"""Write the facts about wheel environments: ``python tools/lock_wheels.py``

Asks the package index for the hashes, sizes and Python versions of the packages named below, and writes
``harness/support/wheels.json`` and ``harness/support/probe.lock``. Downloads about 1 GB into a temporary folder.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from uv import find_uv_bin

SUPPORT = Path(__file__).resolve().parent.parent / "harness" / "support"
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
PLATFORM = "x86_64-manylinux_2_34"
# ONNX Runtime's plug-in carries NVIDIA's libraries, built for these lines of CUDA.
CUDA = (12, 13)
PLUGIN_TO_BINDINGS = {"0.3.0": "1.5.0.114", "0.4.0": "1.6.1.120", "0.5.0": "1.7.1.116"}


def main() -> int:
    sets = [wheel_set(cuda, *pair) for pair in PLUGIN_TO_BINDINGS.items() for cuda in CUDA]
    text = json.dumps({"format": 1, "sets": sets}, indent=1)
    (SUPPORT / "wheels.json").write_text(text + "\n", encoding="ascii")
    lock = compile_lock("numpy\npytest\n", "--universal", "--python-version", PYTHONS[0])
    (SUPPORT / "probe.lock").write_text(lock, encoding="ascii")
    return 0


def wheel_set(cuda: int, plugin: str, bindings: str) -> dict[str, Any]:
    """One environment's packages, with what they cost."""
    packages = {f"onnxruntime-ep-nv-tensorrt-rtx-cu{cuda}": plugin, f"tensorrt-rtx-cu{cuda}-bindings": bindings}
    wanted = "".join(f"{name}=={version}\n" for name, version in packages.items())
    locks = {python: compiled(wanted, python) for python in PYTHONS}
    print(f"{bindings} cu{cuda}", flush=True)
    return {
        "flavour": "tensorrt-rtx",
        "version": bindings.rpartition(".")[0],
        "cuda": cuda,
        "pythons": [python for python, lock in locks.items() if lock],
        "module": "tensorrt_rtx_bindings",
        "folder": "onnxruntime_ep_nv_tensorrt_rtx",
        "requirements": requirements(next(lock for lock in locks.values() if lock)),
        **sizes(wanted),
    }


def compiled(wanted: str, python: str) -> str:
    """A lock for one version of Python; empty where a package has no wheel for it."""
    try:
        return compile_lock(wanted, "--no-deps", "--python-version", python, "--python-platform", PLATFORM)
    except subprocess.CalledProcessError:
        return ""


def compile_lock(wanted: str, *options: str) -> str:
    """``uv pip compile`` with hashes and without addresses."""
    command = [find_uv_bin(), "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--only-binary", ":all:", *options, "-"]
    return subprocess.run(command, input=wanted, capture_output=True, text=True, check=True).stdout


def requirements(lock: str) -> list[dict[str, Any]]:
    """``name==version`` and the hashes of all its files."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if name := re.match(r"[a-z][\w.-]*==\S+", line):
            found.append({"requirement": name[0], "hashes": []})
        found[-1]["hashes"] += re.findall(r"sha256:[0-9a-f]{64}", line)
    return found


def sizes(wanted: str) -> dict[str, int]:
    """Bytes to download, and bytes on disk when installed, for this machine's Python."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, "--dest", folder, *wanted.split()], check=True)
        wheels = list(Path(folder).glob("*.whl"))
        installed = sum(entry.file_size for wheel in wheels for entry in zipfile.ZipFile(wheel).infolist())
        return {"download_bytes": sum(wheel.stat().st_size for wheel in wheels), "installed_bytes": installed}


if __name__ == "__main__":
    sys.exit(main())
