"""Plugin libraries that a user's model needs: taken along as files, for the probe to load before it parses."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from harness.errors import InputError

FOLDER = "plugins"
_ELF = b"\x7fELF"
_SHARED_OBJECT = 3  # e_type ET_DYN
_TYPE = slice(16, 18)


def taken(folder: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the libraries of the option ``plugins`` into ``folder``; ``files`` and ``options`` for info.json.

    Under their own names, since one may ask the linker for another. Raises InputError where one is no library.
    """
    paths = [Path(str(each)) for each in options.get("plugins", ())]
    if not paths:
        return {"files": {}, "options": {}}
    (folder / FOLDER).mkdir()
    names = [_take(path, folder / FOLDER) for path in paths]
    return {
        "files": {f"plugin{number}": name for number, name in enumerate(names)},
        "options": {"plugins": names},
    }


def unknown_operators(model: Any) -> list[str]:
    """Operators of an ``onnx.ModelProto`` that ONNX does not define: a parser may know them, or a plugin."""
    return sorted({node.op_type for node in model.graph.node if not _known(node)})


def _known(node: Any) -> bool:
    return bool(onnx.defs.has(node.op_type, "" if node.domain == "ai.onnx" else node.domain))


def _take(path: Path, folder: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_TYPE.stop)
    if not head.startswith(_ELF) or int.from_bytes(head[_TYPE], "little") != _SHARED_OBJECT:
        raise InputError(f"{path}: is no shared library for Linux; give the .so that holds the plugin")
    shutil.copyfile(path, folder / path.name)
    return f"{FOLDER}/{path.name}"
