"""Read ``matrix.yaml``: bytes, then values with their places, then checked types."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import ConfigError
from harness.matrix.explain import Steps, explain, find
from harness.matrix.schema import MatrixModel
from harness.matrix.yaml_tree import MAX_BYTES, Node, parse


@dataclass(frozen=True, slots=True)
class Document:
    """A checked file; ``tree`` knows where each value stands."""

    file: str
    sha256: str
    model: MatrixModel
    tree: Node

    def error(self, steps: Steps, message: str, *, key: bool = False) -> ConfigError:
        """An error at a value, or with ``key`` at the key that the last step names."""
        line, column = find(self.tree, steps, key=key)
        return ConfigError(message, file=self.file, line=line, column=column)

    def line(self, steps: Steps) -> int:
        return find(self.tree, steps)[0]


def load(path: Path) -> Document:
    """Read and check the types. Raises ``ConfigError`` with file, line and column."""
    data = _read(path)
    tree = parse(data, str(path))
    try:
        model = msgspec.convert(tree.plain(), MatrixModel)
    except msgspec.ValidationError as error:
        raise explain(error, tree, str(path)) from None
    return Document(str(path), hashlib.sha256(data).hexdigest(), model, tree)


def nearest(word: str, among: Iterable[str]) -> str:
    """``; the nearest is X`` for an error message, or nothing."""
    near = difflib.get_close_matches(word, list(among), n=1, cutoff=0.5)
    return f"; the nearest is {near[0]}" if near else ""


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = "there is no such file; name one with --matrix FILE"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise ConfigError(message, file=str(path))
