"""Write what is built inside NVIDIA's images: ``python tools/lock_images.py``

``harness/support/image_build.lock`` (CMake and setuptools), ``harness/support/pycuda.lock`` (what PyCUDA imports), and
on standard output the entries of ``harness.environments.sdist``.
"""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

from uv import find_uv_bin

SUPPORT = Path(__file__).resolve().parent.parent / "harness" / "support"
OLDEST = "3.8"
# The last setuptools before 81 still serve `setup.py`; CMake 3 serves Ubuntu 20.04's C library.
BUILD = "cmake<4\nsetuptools<81\n"
PYCUDA = {"3.8": "2024.1.2", "3.10": "2026.1"}
IMPORTS = "mako\nplatformdirs\npytools\n"


def main() -> None:
    _write("image_build", "What compiles the plugin and PyCUDA in NVIDIA's images.", BUILD)
    _write("pycuda", "What PyCUDA imports.", IMPORTS)
    for python, version in PYCUDA.items():
        locked = uv(f"pycuda=={version}\n", "--no-deps", "--python-version", python, "--format", "pylock.toml")
        found = tomllib.loads(locked)["packages"][0]["sdist"]
        print(f'Sdist("pycuda", "{version}", "{python}", "{found["hashes"]["sha256"]}", {found["size"]:_}),')


def _write(name: str, head: str, wanted: str) -> None:
    options = ["--universal", "--python-version", OLDEST, "--only-binary", ":all:", "--generate-hashes"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    text = f"# {head} Exact, with the hash of every file.\n{uv(wanted, *options)}"
    (SUPPORT / f"{name}.lock").write_text(text, encoding="ascii")


def uv(wanted: str, *options: str) -> str:
    command = [find_uv_bin(), "pip", "compile", "--quiet", "--no-header", "--no-annotate", *options, "-"]
    return subprocess.run(command, input=wanted, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
