"""Differences between two engines, layer by layer, from the ``layers.json`` of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

_SHOWN = 5
_TACTIC = re.compile(r"Tactic(?:Name|Value)?: ([^,\]]+)")
# The builder numbers what it makes itself, anew in every build: __mye13780_myl0_33.
_NUMBERED = re.compile(r"\b__my([a-z]*)\d+")
_FORMAT = re.compile(r"Format(?:/Datatype)?: ([^,\]}]+)")


@dataclass(frozen=True, slots=True)
class Layer:
    """``types`` and ``formats`` are those of all inputs and outputs, in order; empty where not told."""

    name: str
    kind: str
    types: tuple[str, ...]
    formats: tuple[str, ...]
    tactic: str


class _Stored(msgspec.Struct):
    """One layer of ``layers.json``: ``inspector`` is the inspector's own object, ``text`` the builder's log line."""

    name: str
    type: str = ""
    inputs: list[str] = []
    outputs: list[str] = []
    text: str = ""
    inspector: object = None


class _File(msgspec.Struct):
    source: str = ""
    layers: list[_Stored] = []


def load(path: Path) -> list[Layer]:
    """The layers of a case's folder; empty where there are none or the file is damaged."""
    try:
        stored = msgspec.json.decode((path / "layers.json").read_bytes(), type=_File).layers
    except (OSError, msgspec.DecodeError):
        return []
    return [_layer(layer) for layer in stored]


def _layer(stored: _Stored) -> Layer:
    tactic, formats = _of_text(stored.text)
    if isinstance(stored.inspector, dict):
        tactic, formats = _of_inspector(stored.inspector)
    return Layer(_NUMBERED.sub(r"__my\1", stored.name), stored.type, (*stored.inputs, *stored.outputs), formats, tactic)


def _of_text(text: str) -> tuple[str, tuple[str, ...]]:
    found = _TACTIC.search(text)
    return (found[1].strip() if found else ""), tuple(word.strip() for word in _FORMAT.findall(text))


def _of_inspector(layer: dict[object, object]) -> tuple[str, tuple[str, ...]]:
    """8.x says ``TacticValue`` and ``Format/Datatype``, later releases ``TacticName`` and ``Format``."""
    ports = [port for side in ("Inputs", "Outputs") for port in _list(layer.get(side)) if isinstance(port, dict)]
    formats = (str(port.get("Format") or port.get("Format/Datatype") or "") for port in ports)
    return str(layer.get("TacticName") or layer.get("TacticValue") or ""), tuple(formats)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


_ASPECTS: tuple[tuple[str, Callable[[Layer], object]], ...] = (
    ("type", lambda layer: layer.kind),
    ("precision", lambda layer: layer.types),
    ("format", lambda layer: layer.formats),
    ("tactic", lambda layer: layer.tactic),
)


def differences(before: Sequence[Layer], after: Sequence[Layer]) -> list[str]:
    """One line for each aspect that differs; empty where the engines have the same structure."""
    old, new = ({layer.name: layer for layer in side} for side in (before, after))
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    lines = []
    if gone or come:
        lines.append(f"layers {len(old)} → {len(new)}: {_some('only before', gone)}; {_some('only after', come)}")
    both = [(old[name], new[name]) for name in old if name in new]
    for aspect, of in _ASPECTS:
        changed = [(one, two) for one, two in both if of(one) and of(two) and of(one) != of(two)]
        if changed:
            told = [f"{one.name}: {_words(of(one))} → {_words(of(two))}" for one, two in changed]
            lines.append(_some(f"{aspect} of", told))
    return lines


def _some(words: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{words} {len(names)}" + (f" ({shown}{more})" if names else "")


def _words(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
