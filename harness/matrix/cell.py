"""Cells and cases: what the matrix asks for, with the ids that are the key everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from harness.versions import Flavour, Release


class EnvironmentKind(StrEnum):
    DOCKER = "docker"
    WHEELS = "wheels"
    PREFIX = "prefix"


class Route(StrEnum):
    """How a subject becomes a TensorRT network."""

    PLUGIN = "plugin"
    HOST_DECODE = "host-decode"
    ONNX = "onnx"


class Recipe(StrEnum):
    """A precision recipe; what is possible differs by release."""

    FP32 = "fp32"
    FP16_FLAG = "fp16-flag"
    FP16_TYPED = "fp16-typed"
    BF16_FLAG = "bf16-flag"
    BF16_TYPED = "bf16-typed"
    INT8_CALIBRATED = "int8-calibrated"
    INT8_QDQ = "int8-qdq"
    FP8_QDQ = "fp8-qdq"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    case: float = 300.0
    cell: float = 3600.0
    provision: float = 3600.0


@dataclass(frozen=True, slots=True)
class BuilderSettings:
    """How the builder works in a cell. ``optimization_level``: 0 to 5, ``None`` is the release's own default.

    ``timing_cache``: what one case has timed is not timed again by the cell's next; ``kept``: nor by its next run.
    """

    optimization_level: int | None = None
    timing_cache: bool | Literal["kept"] = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One environment of the matrix.

    ``source`` says where it comes from, in words of the environment's kind: ``ngc:24.01-py3``,
    ``redist:debian-12``, ``wheels``, ``prefix:/opt/TensorRT-8.6.1``. ``ubuntu`` is ``None`` where
    the environment takes the host's own userland (wheels, prefix).
    """

    release: Release
    cuda: str
    ubuntu: str | None
    python: str
    environment: EnvironmentKind
    source: str
    required: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
    builder: BuilderSettings = BuilderSettings()
    image: str | None = None
    name_suffix: str = ""

    @property
    def id(self) -> str:
        """``trt8.6.1-cuda12.0-ubuntu22.04`` or ``trtrtx1.7.1-cuda12.9-wheels``."""
        prefix = "trt" if self.release.flavour is Flavour.TENSORRT else "trtrtx"
        place = f"ubuntu{self.ubuntu}" if self.ubuntu else self.environment.value
        suffix = f"-{self.name_suffix}" if self.name_suffix else ""
        return f"{prefix}{self.release.version}-cuda{self.cuda}-{place}{suffix}"


@dataclass(frozen=True, slots=True)
class Subject:
    """The model under test.

    ``model`` is ``retinaface`` or ``onnx``; ``options`` holds what that kind of subject takes
    (for retinaface: ``backbone``, ``size``, ``weights``; for onnx: ``path`` and the like),
    checked by ``harness.subjects`` when the matrix is loaded.
    """

    name: str
    model: str
    routes: tuple[Route, ...]
    recipes: tuple[Recipe, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    variants: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Case:
    """subject x route x recipe x target inside a cell.

    ``target`` is what the engine is built for: ``device`` (the GPU at hand) or, where the builder
    needs no GPU, a compute capability such as ``sm86``.
    """

    subject: Subject
    route: Route
    recipe: Recipe
    target: str
    variant: str = ""

    @property
    def id(self) -> str:
        """Unique inside its cell: ``retinaface-mnet025-640.onnx.fp16-typed.sm86``."""
        words = (self.subject.name, self.route.value, self.recipe.value, self.variant, self.target)
        return ".".join(word for word in words if word)
