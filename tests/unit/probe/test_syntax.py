"""The probe is read by the oldest Python of the matrix."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROBE = Path(__file__).resolve().parents[3] / "harness" / "probe"
FILES = sorted(PROBE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PROBE)) for path in FILES])
def test_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PROBE)) for path in FILES])
def test_imports_nothing_of_the_host_side(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [name for name in names if name.split(".")[0] in ("harness", "tensorrt")]
