"""The engine's layers and their precisions, from the engine inspector or from the builder's log.

Three forms are read: the inspector's JSON; the block ``Layers:`` that newer builders log (``Name: ...,
LayerType: ..., Inputs: [ { ..., Datatype: Half, ... }], ...``); and the older block ``Engine Layer
Information:`` (``Layer(Type): name, Tactic: ..., in (Half[1,3,8,8]) -> out (Half[1,8,8,8])``).
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Sequence, Tuple

Layer = Dict[str, Any]

_NAMED = re.compile(r"Name: (?P<name>.*?), LayerType: (?P<type>[^,]*), Inputs: \[(?P<rest>.*)")
_DATATYPE = re.compile(r"Datatype: (\w+)")
_OLD = re.compile(r"Layer\((?P<type>[^)]*)\): (?P<name>.*?), Tactic: [^,]*, (?P<rest>.*)")
_OLD_DATATYPE = re.compile(r"\b(Float|Half|BFloat16|Int8|FP8|Int4|FP4|Int32|Int64|Bool|UInt8)[\[(]")
_WORDS: Tuple[Tuple[str, str], ...] = (
    ("FP4", r"\bFP4|\bE2M1"),
    ("FP8", r"\bFP8|\bE4M3"),
    ("Int4", r"\bInt4|\bINT4"),
    ("Int8", r"\bInt8|\bINT8"),
    ("BFloat16", r"BFloat16|\bBF16"),
    ("Half", r"\bHalf|\bFP16"),
    ("Float", r"\bFloat|\bFP32"),
)
# From the narrowest to the widest; a layer counts under the narrowest that it reads or writes.
_ORDER = tuple(name for name, _ in _WORDS)


def from_log(text: str) -> List[Layer]:
    """Layers of a log record that begins with one of ``logger.LAYERS``; the name, type and data types of each."""
    found = []
    for line in text.splitlines():
        named, old = _NAMED.match(line), _OLD.match(line)
        if named:
            found.append(_layer(named, _ports(named["rest"])))
        elif old:
            left, _, right = old["rest"].partition(" -> ")
            found.append(_layer(old, (_OLD_DATATYPE.findall(left), _OLD_DATATYPE.findall(right))))
    return found


def from_inspector(text: str) -> List[Layer]:
    """Layers of the engine inspector's JSON at detailed verbosity; nothing is left out of each."""
    layers = json.loads(text).get("Layers", [])
    return [_inspected(layer) for layer in layers]


def typed(layers: Sequence[Layer]) -> bool:
    """Whether any layer tells a type that is known."""
    return any(precision(layer) in _ORDER for layer in layers)


def precision(layer: Layer) -> str:
    """The narrowest floating-point or quantised type that the layer reads or writes, else its first type."""
    types = [*layer["inputs"], *layer["outputs"]]
    for name in _ORDER:
        if name in types:
            return name
    return types[0] if types else "unknown"


def precisions(layers: Sequence[Layer]) -> Dict[str, int]:
    """Number of layers of each precision."""
    counts: Dict[str, int] = {}
    for layer in layers:
        counts[precision(layer)] = counts.get(precision(layer), 0) + 1
    return counts


def _layer(match: "re.Match[str]", ports: Tuple[List[str], List[str]]) -> Layer:
    return {"name": match["name"], "type": match["type"], "inputs": ports[0], "outputs": ports[1], "text": match[0]}


def _ports(rest: str) -> Tuple[List[str], List[str]]:
    """Data types of the inputs and of the outputs; the constants between them do not decide a precision."""
    inputs, _, tail = rest.partition("}], Constants: [") if "}], Constants: [" in rest else rest.partition("Outputs: [")
    _, _, outputs = tail.partition("Outputs: [") if "Outputs: [" in tail else ("", "", tail)
    outputs = outputs.partition("}], ")[0]
    return [normal(name) for name in _DATATYPE.findall(inputs)], [normal(name) for name in _DATATYPE.findall(outputs)]


def _inspected(layer: Any) -> Layer:
    if not isinstance(layer, dict):
        return {"name": str(layer), "type": "", "inputs": [], "outputs": [], "inspector": layer}
    ports = [[_format(port) for port in layer.get(side, [])] for side in ("Inputs", "Outputs")]
    return {
        "name": layer.get("Name", ""),
        "type": layer.get("LayerType", ""),
        "inputs": ports[0],
        "outputs": ports[1],
        "inspector": layer,
    }


def _format(port: Dict[str, Any]) -> str:
    """The data type of a tensor, which releases write in different places and words."""
    for key in ("Datatype", "Format/Datatype", "Format"):
        name = normal(str(port.get(key, "")))
        if name in _ORDER:
            return name
    return str(port.get("Datatype") or port.get("Format/Datatype") or "")


def normal(words: str) -> str:
    """One name per type: ``Row major linear FP16 format`` and ``Half`` are both ``Half``."""
    for name, pattern in _WORDS:
        if re.search(pattern, words):
            return name
    return words
