"""Write ``requirements/*.lock`` from ``pyproject.toml``: exact versions and hashes, no addresses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
HEAD = "# Written by `make lock` from pyproject.toml; do not edit.\n"


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = [*project["build-system"]["requires"], "editables", *project["project"]["dependencies"]]
    dev = project["dependency-groups"]["dev"]
    folder = ROOT / "requirements"
    folder.mkdir(exist_ok=True)
    (folder / "run.lock").write_text(HEAD + resolve(run, []))
    (folder / "dev.lock").write_text(HEAD + resolve([*run, *dev], ["--constraint", str(folder / "run.lock")]))
    (folder / "fuzz.lock").write_text(HEAD + resolve(project["dependency-groups"]["fuzz"], []))
    return 0


def resolve(requirements: list[str], options: list[str]) -> str:
    """The locked form, for every Python that the project supports on Linux."""
    command = [
        find_uv_bin(), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
        "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *options, "-",
    ]  # fmt: skip
    text = "\n".join(requirements)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
