"""From a checked file to cells: axes multiplied, excluded, included, overridden, then resolved by the facts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import msgspec

from harness.matrix.cell import BuilderSettings, EnvironmentKind, Route, Subject, Timeouts
from harness.matrix.explain import Steps
from harness.matrix.load import Document
from harness.matrix.matrix import Matrix, MatrixCell
from harness.matrix.resolve import AXES, Wanted, resolve
from harness.matrix.schema import (
    BuilderModel,
    GridModel,
    IncludeModel,
    MatchModel,
    SettingsModel,
    SubjectModel,
    TimeoutsModel,
)
from harness.matrix.waivers import Waiver

MAX_CELLS = 4096
PLAIN = "plain"
_Settings = TypeVar("_Settings", Timeouts, BuilderSettings)
# Which routes a word of a variant can be of; the others are of all. Heads are written into ONNX alone, an implicit
# batch and the plugin's interface are the network-definition API's.
_ROUTES_OF = {
    "raw": (Route.ONNX,),
    "decoded": (Route.ONNX,),
    "implicit": (Route.HOST_DECODE, Route.PLUGIN),
    "v2": (Route.PLUGIN,),
    "apart": (Route.PLUGIN,),
}


def expand(document: Document, host_python: str) -> Matrix:
    """The matrix's cells and subjects. ``host_python`` is what cells without a userland of their own run with.

    Raises ``ConfigError`` where a cell contradicts the facts or two cells have one id.
    """
    model = document.model
    notes: list[str] = []
    cells: list[MatrixCell] = []
    for number, grid in enumerate(model.grids):
        for wanted in _grid(document, number, grid, notes):
            cells.append(resolve(document, wanted, host_python, notes))
            if len(cells) > MAX_CELLS:
                raise document.error(("grids", number), f"more than {MAX_CELLS} cells")
    _refuse_same_ids(document, cells)
    return Matrix(
        file=document.file,
        sha256=document.sha256,
        cells=tuple(cells),
        subjects=_subjects(document),
        waivers=_waivers(document),
        notes=tuple(notes),
    )


def _grid(document: Document, number: int, grid: GridModel, notes: list[str]) -> list[Wanted]:
    steps: Steps = ("grids", number)
    axes = {name: getattr(grid.axes, name) for name in AXES if getattr(grid.axes, name) is not None}
    if math.prod(map(len, axes.values())) > MAX_CELLS:
        raise document.error((*steps, "axes"), f"the axes make more than {MAX_CELLS} cells")
    cells = list(_product(steps, grid, axes)) if axes else []
    for place, exclude in enumerate(grid.exclude):
        kept = [cell for cell in cells if not _matches(exclude, cell)]
        if len(kept) == len(cells):
            notes.append(f"line {document.line((*steps, 'exclude', place))}: this exclude matches no cell")
        cells = kept
    for place, include in enumerate(grid.include):
        cells = _include(cells, include, (*steps, "include", place), grid, set(axes))
    for place, override in enumerate(grid.overrides):
        if not any(_matches(override.match, cell) for cell in cells):
            notes.append(f"line {document.line((*steps, 'overrides', place))}: this override matches no cell")
        at = (*steps, "overrides", place, "set")
        cells = [_set(cell, override.set, at) if _matches(override.match, cell) else cell for cell in cells]
    if not cells:
        raise document.error(steps, f"grids[{number}] has no cell; give it axes or include")
    return cells


def _product(steps: Steps, grid: GridModel, axes: dict[str, list[str]]) -> Iterator[Wanted]:
    tagged = len(axes.get("python", ())) > 1
    for places in itertools.product(*(range(len(values)) for values in axes.values())):
        chosen = dict(zip(axes, places, strict=True))
        cell = _blank(grid, steps)
        for name, place in chosen.items():
            cell.values[name] = axes[name][place]
            cell.origins[name] = (*steps, "axes", name, place)
        if tagged:
            cell.values["suffix"] = f"py{cell.values['python']}"
        yield cell


def _blank(grid: GridModel, steps: Steps) -> Wanted:
    return Wanted(
        flavour=grid.flavour,
        environment=EnvironmentKind(grid.environment),
        steps=steps,
        required=grid.required,
        timeouts=_given(Timeouts(), grid.timeouts),
        builder=_given(BuilderSettings(), grid.builder),
        targets=tuple(grid.targets) if grid.targets else None,
    )


def _include(cells: list[Wanted], include: IncludeModel, steps: Steps, grid: GridModel, axes: set[str]) -> list[Wanted]:
    """Extend the cells whose axes agree with ``include``; where none does, it is a cell of its own."""
    agreeing = [cell for cell in cells if cell.from_axes and _agrees(include, cell, axes)]
    if agreeing:
        chosen = {id(cell) for cell in agreeing}
        return [_set(_fill(cell, include, steps), include, steps) if id(cell) in chosen else cell for cell in cells]
    own = replace(_blank(grid, steps), from_axes=False)
    return [*cells, _set(_fill(own, include, steps), include, steps)]


def _agrees(include: IncludeModel, cell: Wanted, axes: set[str]) -> bool:
    return all(cell.values[name] == value for name, value in _named(include) if name in axes)


def _fill(cell: Wanted, include: IncludeModel, steps: Steps) -> Wanted:
    values, origins = dict(cell.values), dict(cell.origins)
    for name, value in _named(include):
        values[name], origins[name] = value, (*steps, name)
    return replace(cell, values=values, origins=origins)


def _set(cell: Wanted, settings: SettingsModel | IncludeModel, steps: Steps) -> Wanted:
    values, origins = dict(cell.values), dict(cell.origins)
    for name, value in (("image", settings.image), ("suffix", settings.name)):
        if value is not None:
            values[name], origins[name] = value, (*steps, "name" if name == "suffix" else name)
    if settings.targets is not None:
        origins["targets"] = (*steps, "targets")
    return replace(
        cell,
        values=values,
        origins=origins,
        required=cell.required if settings.required is None else settings.required,
        timeouts=_given(cell.timeouts, settings.timeouts or TimeoutsModel()),
        builder=_given(cell.builder, settings.builder or BuilderModel()),
        targets=cell.targets if settings.targets is None else tuple(settings.targets),
    )


def _matches(match: MatchModel, cell: Wanted) -> bool:
    named = list(_named(match))
    return bool(named) and all(cell.values.get(name) == value for name, value in named)


def _named(match: MatchModel | IncludeModel) -> Iterator[tuple[str, str]]:
    return ((name, getattr(match, name)) for name in AXES if getattr(match, name) is not None)


def _given(base: _Settings, model: TimeoutsModel | BuilderModel) -> _Settings:
    """``base`` with what ``model`` sets."""
    given = {name: value for name, value in msgspec.structs.asdict(model).items() if value is not None}
    return replace(base, **given)


def _refuse_same_ids(document: Document, cells: list[MatrixCell]) -> None:
    seen: dict[str, MatrixCell] = {}
    for cell in cells:
        first = seen.setdefault(cell.cell.id, cell)
        if first is not cell:
            message = f"cell id {cell.cell.id!r} is already taken by line {first.line}; give one of them a name"
            raise document.error(cell.steps, message)


def _subjects(document: Document) -> tuple[Subject, ...]:
    subjects: dict[str, Subject] = {}
    for number, model in enumerate(document.model.subjects):
        steps: Steps = ("subjects", number)
        if model.name in subjects:
            raise document.error((*steps, "name"), f"subject {model.name!r} is named twice")
        for kind in ("routes", "recipes", "variants"):
            values: list[str] = getattr(model, kind) or []
            for place, value in enumerate(values):
                if value in values[:place]:
                    raise document.error((*steps, kind, place), f"{value} stands twice in {kind}")
        _check_variants(document, number, model)
        subjects[model.name] = Subject(
            name=model.name,
            model=model.model,
            routes=tuple(model.routes),
            recipes=tuple(model.recipes),
            options=model.options,
            variants=tuple("" if variant == PLAIN else variant for variant in model.variants or [PLAIN]),
        )
    return tuple(subjects.values())


def _check_variants(document: Document, number: int, model: SubjectModel) -> None:
    for place, variant in enumerate(model.variants or []):
        if variant != PLAIN and model.model != "retinaface":
            raise document.error(("subjects", number, "variants", place), f"an ONNX file has no variant {variant}")
        for word in variant.split("-"):
            routes = _ROUTES_OF.get(word, tuple(Route))
            other = next((route for route in model.routes if route not in routes), None)
            if other:
                message = f"variant {variant} is of the route {' and '.join(routes)} alone"
                raise document.error(
                    ("subjects", number, "variants", place), f"{message}; give it to a subject without {other}"
                )


def _waivers(document: Document) -> tuple[Waiver, ...]:
    waivers = []
    for number, model in enumerate(document.model.waivers):
        if model.finding is None and model.outcome is None:
            raise document.error(("waivers", number), f"waivers[{number}]: names neither a finding nor an outcome")
        waivers.append(
            Waiver(
                reason=model.reason,
                cell=model.cell,
                case=model.case,
                finding=model.finding or "",
                outcome=model.outcome.value if model.outcome else "",
                link=model.link or "",
                expires=model.expires,
                line=document.line(("waivers", number)),
            )
        )
    return tuple(waivers)
