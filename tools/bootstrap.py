"""Make the virtual environment of the project: ``python3 tools/bootstrap.py VENV LOCK...``

Standard library alone, since it runs before anything is installed. A plain Debian or Ubuntu has Python
without ``ensurepip`` (it is in another package), so pip is then taken from the distribution's own package,
downloaded and unpacked without root.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HELP = "install it with 'sudo apt install python3-venv' and run the same command again"


def main(words: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file alone may be run by any Python
        return fail(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed (make PYTHON=python3.12 ...)")
    folder, locks = Path(words[0]), words[1:]
    python = folder / "bin" / "python"
    if not works(python):
        print(f"making {folder}", flush=True)
        venv.create(folder, clear=True, symlinks=True, with_pip=False)
    if not works(python, "pip") and not add_pip(python):
        return fail(f"{sys.executable}: has neither ensurepip nor pip; {HELP}")
    print(f"installing {', '.join(Path(lock).name for lock in locks)}", flush=True)
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    for lock in locks:
        if subprocess.run([*pip, "--require-hashes", "-r", lock], check=False).returncode:
            return fail(f"{lock}: pip could not install it; its words are above")
    # The build backend is in the locks: nothing is fetched outside of them.
    own = [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    return 0 if subprocess.run(own, check=False).returncode == 0 else fail("pip could not install the project itself")


def works(python: Path, module: str = "sys") -> bool:
    """True where ``python`` runs and can import ``module``."""
    if not python.exists():
        return False
    return subprocess.run([str(python), "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def add_pip(python: Path) -> bool:
    """Put pip into the environment by the first way that works."""
    ways = [lambda: install_from_distribution(python)]
    if find_spec("ensurepip"):
        ways.insert(0, lambda: succeeds([str(python), "-m", "ensurepip", "--default-pip"]))
    if find_spec("pip"):
        ways.insert(0, lambda: succeeds([sys.executable, "-m", "pip", "--python", str(python), "install", "pip"]))
    return any(way() and works(python, "pip") for way in ways)


def install_from_distribution(python: Path) -> bool:
    """pip's wheel out of Debian's package, which a user may download without being root."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            if not succeeds(["apt-get", "download", "python3-pip-whl"], cwd=folder):
                return False
            package = next(Path(folder).glob("*.deb"), None)
            if package is None or not succeeds(["dpkg", "-x", str(package), folder]):
                return False
        except FileNotFoundError:  # neither Debian nor Ubuntu
            return False
        wheel = next(Path(folder).rglob("pip-*.whl"), None)
        if wheel is None:
            return False
        return succeeds([str(python), f"{wheel}/pip", "install", "--no-index", str(wheel)])


def succeeds(command: list[str], cwd: str | None = None) -> bool:
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode == 0


def fail(words: str) -> int:
    print(f"bootstrap: {words}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
