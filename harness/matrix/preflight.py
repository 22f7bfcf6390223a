"""The verdict on every cell and case before anything is downloaded: a pure function of matrix, host and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

from harness.evidence.records import Cost, Host, Outcome
from harness.matrix.cell import Case, Cell, EnvironmentKind, Recipe, Route
from harness.matrix.host import capabilities
from harness.matrix.matrix import Matrix, MatrixCell
from harness.matrix.plan import RUNS, Plan, PlannedCase, PlannedCell, Verdict
from harness.support import api, facts
from harness.versions import Flavour, Release, Version

# Why an environment cannot be provided here, and what it would cost; asked only where the rest lets a cell run.
Missing = Callable[[Cell], str]
Costs = Callable[[Cell], Cost | None]

_ROUTE_NEEDS = {
    Route.ONNX: ("onnx-parser",),
    Route.HOST_DECODE: ("network",),
    Route.PLUGIN: ("plugin-v2",),
}
_RECIPE_NEEDS: dict[Recipe, tuple[str, ...]] = {
    Recipe.FP32: (),
    Recipe.FP16_FLAG: ("fp16-flag",),
    Recipe.FP16_TYPED: ("strongly-typed",),
    Recipe.BF16_FLAG: ("bf16-flag",),
    Recipe.BF16_TYPED: ("strongly-typed", "bf16"),
    Recipe.INT8_CALIBRATED: ("int8-calibrator",),
    Recipe.INT8_QDQ: ("quantize",),
    Recipe.FP8_QDQ: ("fp8", "quantize"),
}
_FP8_FROM = Version((8, 9))


def preflight(matrix: Matrix, host: Host, missing: Missing, costs: Costs) -> Plan:
    """Cells and cases with a verdict each. A cell that cannot run here keeps its cases."""
    judge = _Judge(matrix, host)
    cells = []
    for wanted in matrix.cells:
        verdict = _cell(wanted.cell, host, missing)
        cost = costs(wanted.cell) if verdict.runs else None
        cells.append(PlannedCell(wanted.cell, judge.cases(wanted, verdict), verdict, cost))
    doubts = (_doubt(wanted.cell) for wanted in matrix.cells)
    return Plan(tuple(cells), (*matrix.notes, *(doubt for doubt in doubts if doubt)))


class _Judge:
    """Makes the cases of cells. Cells that agree in release, targets and verdict share one tuple of them."""

    def __init__(self, matrix: Matrix, host: Host) -> None:
        self._subjects = matrix.subjects
        self._host = host
        self._made: dict[tuple[Release, tuple[str, ...], Verdict], tuple[PlannedCase, ...]] = {}

    def cases(self, wanted: MatrixCell, verdict: Verdict) -> tuple[PlannedCase, ...]:
        key = (wanted.cell.release, wanted.targets, verdict)
        if key not in self._made:
            self._made[key] = tuple(self._each(wanted, verdict))
        return self._made[key]

    def _each(self, wanted: MatrixCell, verdict: Verdict) -> Iterator[PlannedCase]:
        """In the order of the file."""
        for subject in self._subjects:
            axes = product(subject.routes, subject.recipes, subject.variants, wanted.targets)
            for route, recipe, variant, target in axes:
                case = Case(subject, route, recipe, target, variant)
                yield PlannedCase(case, _case(case, wanted.cell.release, self._host, verdict))


def _cell(cell: Cell, host: Host, missing: Missing) -> Verdict:
    reasons = [reason for reason in (_software(cell), *_machine(cell, host)) if reason]
    if not reasons:
        reasons = [reason for reason in (missing(cell),) if reason]
    return Verdict(Outcome.NOT_RUN, "; ".join(reasons)) if reasons else RUNS


def _software(cell: Cell) -> str:
    """The release against the CUDA and the Python asked for. An image is its own proof of what goes together."""
    known = facts.describe(cell.release)
    if known is None or (cell.environment is EnvironmentKind.DOCKER and not cell.source.startswith("redist:")):
        return ""
    majors = {Version.parse(cuda).major for cuda in known.cuda}
    if Version.parse(cell.cuda).major not in majors:
        return f"{_name(cell.release)} has no build for CUDA {cell.cuda} ({facts.span(known.cuda)})"
    python = Version.parse(cell.python)
    if known.python and not Version.parse(known.python[0]) <= python <= Version.parse(known.python[1]):
        return f"{_name(cell.release)} has no bindings for Python {cell.python} ({facts.span(known.python)})"
    if cell.ubuntu and known.ubuntu and Version.parse(cell.ubuntu) < Version.parse(known.ubuntu[0]):
        return f"{_name(cell.release)} is not made for Ubuntu {cell.ubuntu} ({facts.span(known.ubuntu)})"
    return ""


def _doubt(cell: Cell) -> str:
    """What is newer than the release names: worth trying, since that is what a matrix is for."""
    known = facts.describe(cell.release)
    if known is None or cell.source.startswith(("ngc:", "image")):
        return ""
    for title, value, named in (("CUDA", cell.cuda, known.cuda), ("Ubuntu", cell.ubuntu, known.ubuntu)):
        if value and named and Version.parse(value) > max(map(Version.parse, named)):
            return (
                f"{cell.id}: {title} {value} is newer than any that {_name(cell.release)} names ({facts.span(named)})"
            )
    return ""


def _machine(cell: Cell, host: Host) -> list[str]:
    """The host against the cell: Docker, GPU, driver."""
    reasons = []
    if cell.environment is EnvironmentKind.DOCKER and not host.docker:
        reasons.append("no Docker daemon answers on this host")
    if cell.release.flavour is Flavour.TENSORRT:
        reasons.append(_gpu(cell, host))
    return [reason for reason in (*reasons, _driver(cell, host)) if reason]


def _gpu(cell: Cell, host: Host) -> str:
    # Without a GPU the redistributable libraries can still be loaded and attested, at little cost.
    if not host.gpus and not host.driver and not cell.source.startswith(("redist:", "prefix:")):
        return "no NVIDIA GPU on this host (TensorRT needs one even to build)"
    known = facts.describe(cell.release)
    found = capabilities(host)
    if known is None or not found or any(known.supports_sm(capability) for capability in found):
        return ""
    return f"{_name(cell.release)} does not support this GPU, compute capability {', '.join(found)}"


def _driver(cell: Cell, host: Host) -> str:
    if not host.driver:
        return ""
    have = Version.parse(host.driver)
    image = facts.image(cell.source.removeprefix("ngc:"))
    if image is None or not image.driver:
        family = facts.family_driver(cell.cuda)
        if family and have < Version.parse(family):
            return f"driver {host.driver} is too old for CUDA {cell.cuda}, which needs {family}"
        return ""
    branches = [Version.parse(branch) for branch in image.driver_datacenter]
    fits_branch = any(have.major == branch.major and have >= branch for branch in branches)
    if have >= Version.parse(image.driver) or fits_branch:
        return ""
    return f"driver {host.driver} is too old for image {image.tag}, which needs {image.driver}"


def _case(case: Case, release: Release, host: Host, verdict: Verdict) -> Verdict:
    """What the release can never do comes before what this host lacks."""
    lacks = absent_feature(release, case.route, case.recipe, case.variant) or _target(release, case.target, case.recipe)
    if lacks:
        return Verdict(Outcome.NOT_APPLICABLE, lacks)
    if not verdict.runs:
        return verdict
    if case.target == "device" and not host.gpus and release.flavour is Flavour.TENSORRT_RTX:
        return Verdict(Outcome.NOT_RUN, "no NVIDIA GPU on this host for target device; name one such as sm86")
    return RUNS


@cache
def absent_feature(release: Release, route: Route, recipe: Recipe, variant: str = "") -> str:
    implicit = ("implicit-batch",) if "implicit" in variant.split("-") else ()
    for feature in (*_ROUTE_NEEDS[route], *_RECIPE_NEEDS[recipe], *implicit):
        reason = api.absence(release, feature)
        if reason:
            return reason
    return ""


@cache
def _target(release: Release, target: str, recipe: Recipe) -> str:
    if target == "device":
        return ""
    capability = sm_version(target)
    known = facts.describe(release)
    if known is not None and not known.supports_sm(capability):
        return f"{_name(release)} does not build for compute capability {capability}"
    if recipe is Recipe.FP8_QDQ and Version.parse(capability) < _FP8_FROM:
        return f"FP8 needs compute capability {_FP8_FROM}, the target has {capability}"
    return ""


def sm_version(target: str) -> str:
    """``sm86`` as ``8.6``, ``sm120`` as ``12.0``."""
    digits = target.removeprefix("sm")
    return f"{digits[:-1]}.{digits[-1]}"


def _name(release: Release) -> str:
    return f"{release.flavour.product} {release.version}"
