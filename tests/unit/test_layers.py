"""Imports go one way, and what is slow or replaceable is imported in one place."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[2] / "harness"

# From the top: a part may import those above it and itself. The same list stands in docs/internals.md.
LAYERS = [
    {"errors", "versions", "process", "neutral", "templates", "kept", "beside", "whole", "wording"},
    {"support"},
    {"evidence"},
    {"matrix"},
    {"subjects"},
    {"environments", "planning"},
    {"api"},
    {"findings"},
    {"execute"},
    {"history"},
    {"analysis"},
    {"report"},
    {"commands"},
    {"cli"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# Third-party packages that one module alone may import.
ONE_IMPORTER = {"docker", "jinja2", "psycopg", "sqlite3", "rich", "hyperscan"}


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file names, imports hidden in functions included."""
    return frozenset(_imports(ast.parse(path.read_text())))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def sources() -> list[Path]:
    return [path for path in sorted(HARNESS.rglob("*.py")) if "probe" not in path.relative_to(HARNESS).parts]


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_imports_go_upwards() -> None:
    below = {
        f"{path.relative_to(HARNESS)} imports {module}"
        for path in sources()
        for module in imports(path)
        if module.startswith("harness.") and RANK[part_of(module)] > rank_of(path)
    }
    assert not below


def rank_of(path: Path) -> int:
    """The package's own ``__init__`` may import nothing, its ``__main__`` anything."""
    own = path.relative_to(HARNESS).parts[0].removesuffix(".py")
    return {"__init__": -1, "__main__": len(LAYERS)}.get(own, RANK.get(own, -1))


def test_the_probe_stands_alone() -> None:
    own = {"numpy", "pytest", "tensorrt", "pycuda", "cuda"} | set(sys.stdlib_module_names)
    foreign = {
        f"{path.name}: {module}"
        for path in (HARNESS / "probe").rglob("*.py")
        for module in imports(path)
        if module.split(".")[0] not in own
    }
    assert not foreign
    assert not [path for path in sources() if any(module.startswith("harness.probe") for module in imports(path))]


@pytest.mark.parametrize("package", sorted(ONE_IMPORTER))
def test_one_module_imports(package: str) -> None:
    importers = {path for path in sources() if any(module.split(".")[0] == package for module in imports(path))}
    assert len(importers) == 1


def test_the_page_about_the_inside_lists_the_same_layers() -> None:
    text = (HARNESS.parent / "docs" / "internals.md").read_text()
    listed = text[text.index("errors versions") : text.index("```\n\n`probe`")]
    words = [line.split("  ")[0].split() for line in listed.splitlines()]
    assert [set(line) for line in words] == LAYERS
