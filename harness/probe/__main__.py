"""``python -I <probe>/__main__.py job.json``: loads this folder as the package ``probe`` and runs it."""

import importlib
import importlib.util
import os
import sys


def load_package(folder: str) -> None:
    """Make ``folder`` importable as ``probe``, wherever it lies and without its neighbours."""
    spec = importlib.util.spec_from_file_location(
        "probe", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    if spec is None or spec.loader is None:
        raise ImportError("cannot load the probe from " + folder)
    package = importlib.util.module_from_spec(spec)
    sys.modules["probe"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    load_package(os.path.dirname(os.path.abspath(__file__)))
    sys.exit(importlib.import_module("probe.session").main(sys.argv[1:]))
