"""A buildx bake file for teams that build with BuildKit: the same Dockerfiles, arguments and tags."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from harness.environments import Progress, building, dockerfile
from harness.environments import software as wanted
from harness.environments.dockerfile import Recipe
from harness.environments.labels import for_image
from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell, EnvironmentKind
from harness.matrix.plan import Plan


def bake_file(plan: Plan) -> str:
    """JSON for ``docker buildx bake -f FILE``. Cells that share an image share a target.

    The contexts are folders beside the file, which ``write_contexts`` fills.
    """
    return bake(entry.cell for entry in plan.cells)


def write_contexts(plan: Plan, place: Path, cache: Path, progress: Progress) -> None:
    """Every folder that the bake file of the plan names, below ``place``. Raises ``EnvironmentUnavailable``."""
    building.write_probe(place / "harness")
    done = set()
    for entry in plan.cells:
        recipes = _recipes(entry.cell)
        if recipes is not None and recipes[0].key not in done:
            done.add(recipes[0].key)
            folder = place / "build" / recipes[0].key
            building.write_context(wanted.of(entry.cell), folder, cache, entry.cell.timeouts.provision, progress)


def bake(cells: Iterable[Cell]) -> str:
    targets: dict[str, object] = {}
    groups: dict[str, list[str]] = {"default": []}
    for cell in cells:
        recipes = _recipes(cell)
        if recipes is None:
            continue
        big, small = recipes
        names = [f"software-{big.key}", f"cell-{small.key}"]
        targets[names[0]] = _target(big, f"build/{big.key}", {})
        targets[names[1]] = _target(small, "harness", {big.tag: f"target:{names[0]}"})
        groups["default"].append(names[1])
        groups[_group(cell.id)] = [names[1]]
    groups["default"] = list(dict.fromkeys(groups["default"]))
    whole = {"group": {name: {"targets": those} for name, those in groups.items()}, "target": targets}
    return json.dumps(whole, indent=1)


def _recipes(cell: Cell) -> tuple[Recipe, Recipe] | None:
    """``None`` for a cell that no image is made for."""
    if cell.environment is not EnvironmentKind.DOCKER:
        return None
    try:
        big = dockerfile.software(wanted.of(cell))
    except EnvironmentUnavailable:
        return None
    return big, dockerfile.cell(big, building.probe_digest())


def _target(recipe: Recipe, context: str, contexts: dict[str, str]) -> dict[str, object]:
    return {
        "context": context,
        "contexts": contexts,
        "dockerfile-inline": recipe.text,
        "args": dict(recipe.arguments),
        "tags": [recipe.tag],
        "labels": for_image(recipe.key),
        "network": "none",
    }


def _group(cell_id: str) -> str:
    """Bake's names take no dots."""
    return cell_id.replace(".", "_")
