"""Dockerfiles: texts without a single value of the matrix in them. Values go in as validated build arguments."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from harness import templates
from harness.environments import images
from harness.environments.software import Software
from harness.errors import EnvironmentUnavailable

PYTHON = "/opt/trt-matrix/venv/bin/python"
PROBE = "/opt/trt-matrix/probe/__main__.py"
LEASH = "/opt/trt-matrix/probe/leash.py"
LIBRARIES = "/opt/trt-matrix/lib"

# What a build argument may be; quoting is never relied on.
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,254}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image to be built. ``content`` stands for all that its ``COPY`` lines take; ``base`` is the id of what it is
    built on, where that is known."""

    repository: str
    text: str
    arguments: tuple[tuple[str, str], ...]
    content: str
    base: str = ""

    @property
    def key(self) -> str:
        """The same key is the same image: cells whose recipes agree share it."""
        whole = json.dumps([self.repository, self.text, self.arguments, self.content, self.base])
        return hashlib.sha256(whole.encode()).hexdigest()[:24]

    @property
    def tag(self) -> str:
        return f"{self.repository}:{self.key}"


def software(wanted: Software, base_id: str = "") -> Recipe:
    """The big image of a cell: base, Python, TensorRT, wheels.

    ``base_id`` is the base's image id once it is there; a base that is named by its digest needs none, so that images
    built elsewhere from a bake file are found by their tags.
    """
    text = _render(f"{wanted.family}.Dockerfile.j2", pycuda=wanted.pycuda is not None)
    arguments = _arguments(BASE=wanted.base, PYTHON_VERSION=wanted.python)
    return Recipe(images.SOFTWARE, text, arguments, wanted.content, "" if "@" in wanted.base else base_id)


def cell(built_on: Recipe, probe_digest: str) -> Recipe:
    """The small image on top of ``built_on``: the probe."""
    return Recipe(images.CELL, _render("cell.Dockerfile.j2"), _arguments(SOFTWARE=built_on.tag), probe_digest)


def _render(name: str, **choices: bool) -> str:
    return templates.render(templates.folder("dockerfiles"), name, **choices)


def _arguments(**values: str) -> tuple[tuple[str, str], ...]:
    for name, value in values.items():
        if not _VALUE.fullmatch(value):
            raise EnvironmentUnavailable(
                f"{value!r} cannot be the build argument {name}: only letters, digits, ._:/@+-"
            )
    return tuple(sorted(values.items()))
