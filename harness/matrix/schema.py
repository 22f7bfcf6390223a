"""The shape of ``matrix.yaml``. ``docs/schema/matrix.schema.json`` is generated from these types.

Every text has a closed set of characters, since any of them could reach a path, a shell or a Dockerfile.
``python -m harness.matrix.schema docs/schema/matrix.schema.json`` writes the schema.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from harness.evidence.records import Outcome
from harness.matrix.cell import EnvironmentKind, Recipe, Route
from harness.versions import Flavour

# `$` would also match before a line feed at the end.
_END = r"$(?!\n)"
# What the pattern of a field means, for the message that refuses a value.
EXPECTED: dict[str, str] = {}


def _pattern(body: str, words: str) -> str:
    pattern = f"^(?:{body}){_END}"
    EXPECTED[pattern] = words
    return pattern


def _text(body: str, words: str, description: str) -> Meta:
    return Meta(pattern=_pattern(body, words), description=description)


Version = Annotated[
    str,
    _text(r"[0-9]{1,4}(?:\.[0-9]{1,9}){1,3}", "a version such as 8.6.1", "Version of TensorRT(-RTX)."),
]
Cuda = Annotated[str, _text(r"[0-9]{1,2}\.[0-9]", "a CUDA version such as 12.4", "CUDA, major and minor.")]
Ubuntu = Annotated[str, _text(r"[0-9]{2}\.[0-9]{2}", "an Ubuntu version such as 22.04", "Ubuntu.")]
Python = Annotated[str, _text(r"3\.[0-9]{1,2}", "a Python version such as 3.10", "CPython in the cell.")]
Source = Annotated[
    str,
    _text(
        r"ngc:[0-9]{2}\.[0-9]{2}(?:\.[0-9])?-py3|redist:(?:debian-[0-9]{1,2}|ubuntu-[0-9]{2}\.[0-9]{2})|wheels"
        r"|prefix:/[A-Za-z0-9._+/-]{1,400}",
        "ngc:YY.MM-py3, redist:debian-NN, redist:ubuntu-NN.NN, wheels or prefix:/absolute/path",
        "Where the cell comes from; left out, the NGC image that carries the release is taken.",
    ),
]
Image = Annotated[
    str,
    _text(
        r"[a-z0-9][a-z0-9._-]*(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:[._-]{1,2}[a-z0-9]+)*)*"
        r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
        "an image reference, such as registry.example.com/trt/base:8.6.1",
        "The full image to take instead.",
    ),
]
Registry = Annotated[
    str,
    _text(
        r"[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?(?::[0-9]{1,5})?(?:/[a-z0-9]+(?:[._-]{1,2}[a-z0-9]+)*)*",
        "a registry with an optional path, such as registry.example.com/nvcr",
        "Mirror of nvcr.io that images are pulled from.",
    ),
]
Name = Annotated[
    str, _text(r"[a-z0-9][a-z0-9-]{0,39}", "1 to 40 of a-z, 0-9 and -", "Readable name; part of ids and paths.")
]
Target = Annotated[str, _text(r"device|sm[0-9]{2,3}", "device, or a compute capability such as sm86", "Engine target.")]
_WORD = "(?:raw|decoded|kept|folded|naive|implicit|v2|fp32edge|apart)"
Variant = Annotated[
    str,
    _text(
        rf"plain|{_WORD}(?:-{_WORD}){{0,3}}",
        "plain, or words of raw, decoded, kept, folded, naive, implicit, v2, fp32edge and apart joined by hyphens",
        "Another form of the model; plain is the one that the options give.",
    ),
]
Glob = Annotated[
    str, _text(r"[A-Za-z0-9.*?\[\]_-]{1,200}", "an id with * and ? as wildcards", "Shell pattern over ids.")
]
Prose = Annotated[
    str,
    _text(
        r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,500}",
        "1 to 500 printable characters in one line",
        "Free text, one line.",
    ),
]
Link = Annotated[str, _text(r"https?://[\x21\x23-\x3b\x3d\x3f-\x7e]{1,400}", "an http or https address", "Address.")]
Seconds = Annotated[float, Meta(gt=0, le=604800, description="Seconds, at most a week.")]


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base: a key that is not known is an error."""


class TimeoutsModel(Model, frozen=True, kw_only=True):
    """Limits in seconds; what is left out keeps its default."""

    case: Seconds | None = None
    cell: Seconds | None = None
    provision: Seconds | None = None


class BuilderModel(Model, frozen=True, kw_only=True):
    """How the builder works; what is left out keeps its default."""

    optimization_level: Annotated[int, Meta(ge=0, le=5, description="How long it looks; from TensorRT 8.6 on.")] | (
        None
    ) = None
    timing_cache: bool | Literal["kept"] | None = None


class AxesModel(Model, frozen=True, kw_only=True):
    """Lists whose every combination is a cell."""

    version: Annotated[list[Version], Meta(min_length=1)] | None = None
    cuda: Annotated[list[Cuda], Meta(min_length=1)] | None = None
    ubuntu: Annotated[list[Ubuntu], Meta(min_length=1)] | None = None
    python: Annotated[list[Python], Meta(min_length=1)] | None = None
    source: Annotated[list[Source], Meta(min_length=1)] | None = None


class MatchModel(Model, frozen=True, kw_only=True):
    """Values of axes. It matches the cells that have all of them."""

    version: Version | None = None
    cuda: Cuda | None = None
    ubuntu: Ubuntu | None = None
    python: Python | None = None
    source: Source | None = None


class SettingsModel(Model, frozen=True, kw_only=True):
    """What cells have besides their axes."""

    required: bool | None = None
    timeouts: TimeoutsModel | None = None
    builder: BuilderModel | None = None
    targets: Annotated[list[Target], Meta(min_length=1, max_length=16)] | None = None
    image: Image | None = None
    name: Name | None = None


class IncludeModel(MatchModel, frozen=True, kw_only=True):
    """A cell of its own, or values for the cells that agree with it in every axis it names."""

    required: bool | None = None
    timeouts: TimeoutsModel | None = None
    builder: BuilderModel | None = None
    targets: Annotated[list[Target], Meta(min_length=1, max_length=16)] | None = None
    image: Image | None = None
    name: Name | None = None


class OverrideModel(Model, frozen=True, kw_only=True):
    """``set`` applies to the cells that ``match``."""

    match: MatchModel
    set: SettingsModel


class GridModel(Model, frozen=True, kw_only=True):
    """Cells of one flavour in one kind of environment."""

    flavour: Flavour
    environment: EnvironmentKind
    axes: AxesModel = AxesModel()
    include: Annotated[list[IncludeModel], Meta(max_length=4096)] = []
    exclude: Annotated[list[MatchModel], Meta(max_length=4096)] = []
    overrides: Annotated[list[OverrideModel], Meta(max_length=4096)] = []
    required: bool = False
    timeouts: TimeoutsModel = TimeoutsModel()
    builder: BuilderModel = BuilderModel()
    targets: Annotated[list[Target], Meta(min_length=1, max_length=16)] | None = None


class SubjectModel(Model, frozen=True, kw_only=True):
    """A model under test. ``options`` is what that kind of model takes."""

    name: Name
    model: Literal["retinaface", "onnx"]
    routes: Annotated[list[Route], Meta(min_length=1)]
    recipes: Annotated[list[Recipe], Meta(min_length=1)]
    variants: Annotated[list[Variant], Meta(min_length=1, max_length=16)] | None = None
    options: dict[str, Any] = {}


class WaiverModel(Model, frozen=True, kw_only=True):
    """Something that is expected to go wrong: a rule's finding, an outcome, or both."""

    reason: Prose
    cell: Glob = "*"
    case: Glob = "*"
    finding: Glob | None = None
    outcome: Outcome | None = None
    link: Link | None = None
    expires: date | None = None


class DockerModel(Model, frozen=True, kw_only=True):
    """How images are found."""

    registry: Registry | None = None


class MatrixModel(Model, frozen=True, kw_only=True):
    """A matrix: which cells, which subjects, what is expected to go wrong."""

    version: Literal[1]
    grids: Annotated[list[GridModel], Meta(min_length=1, max_length=256)]
    subjects: Annotated[list[SubjectModel], Meta(min_length=1, max_length=256)]
    waivers: Annotated[list[WaiverModel], Meta(max_length=4096)] = []
    docker: DockerModel = DockerModel()


def json_schema() -> str:
    """The JSON Schema of ``matrix.yaml``, as committed."""
    schema = msgspec.json.schema(MatrixModel)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trt-matrix matrix.yaml",
        **schema,
    }
    return json.dumps(schema, indent=1, sort_keys=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json_schema(), encoding="utf-8")
