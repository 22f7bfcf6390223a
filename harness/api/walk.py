"""List what a module of TensorRT's Python bindings has. Runs in a process of its own, by path.

``python -I walk.py MODULE SITE_DIR OUT LIBRARY...`` loads the libraries, imports the module and writes JSON:
``{"version": ..., "symbols": {name: [kind, signature, deprecated]}}``. Names have dots
(``Builder.create_network``); ``deprecated`` is null, or the version named by the docstring, or an empty
string where it names none. Members that a class inherits are listed with their own class alone; the
signature of a class names its bases.
"""

from __future__ import annotations

import ctypes
import enum
import importlib
import inspect
import json
import pkgutil
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Fact = tuple[str, str, str, "str | None"]

_SPECIAL = ("__init__", "__enter__", "__exit__", "__getitem__", "__setitem__", "__len__", "__iter__", "__call__")
# Variables of a loop that the package leaves behind.
_LEAKED = ("attr", "value")
_QUALIFIER = re.compile(r"\btensorrt(?:_rtx)?(?:_bindings)?(?:\.tensorrt(?:_rtx)?)?\.(?=[A-Za-z])")
_DEPRECATED = re.compile(r"\[DEPRECATED|Deprecated in TensorRT|\.\. deprecated|are deprecated and")
_DEPRECATED_SINCE = re.compile(r"Deprecated in TensorRT (\d+\.\d+)")
_OVERLOAD = re.compile(r"^\d+\. (\w+\(.*)$", re.MULTILINE)
_MEMBER_SECTION = re.compile(r"^  (\w+)(?: :|$)", re.MULTILINE)
_IVAR_SECTION = re.compile(r"^\s*:ivar (\w+):", re.MULTILINE)
# Newer versions of pybind11 write the same type in other words; only a real change may differ.
_SPELLINGS = (
    (re.compile(r"\b(?:typing|typing_extensions|collections\.abc|types)\.(?=[A-Za-z])"), ""),
    (re.compile(r"\bnvinfer1::(?:v_\d+_\d+::)?"), ""),
    (re.compile(r"SupportsInt(?: \| SupportsIndex)?"), "int"),
    (re.compile(r"SupportsFloat(?: \| SupportsIndex)?"), "float"),
    (re.compile(r"\b(?:Sequence|list)\["), "List["),
    (re.compile(r"\btuple\["), "Tuple["),
    (re.compile(r"\bdict\["), "Dict["),
    (re.compile(r"\bBuffer\b"), "buffer"),
    (re.compile(r"\bCapsuleType\b"), "capsule"),
    (re.compile(r"Optional\[([\w.]+(?:\[[^\[\]]*\])?)\]"), r"\1 | None"),
    (re.compile(r"<(\w[\w.]*): -?\d+>"), r"\1"),
    (re.compile(r"\bplugin\._\w+\."), "plugin."),
    (re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>"), "..."),
)


def main(arguments: list[str]) -> None:
    module_name, site, out, *libraries = arguments
    for library in libraries:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    sys.path.insert(0, site)
    module = importlib.import_module(module_name)
    # The wheel's own subpackages import it by the name that the meta-package gives it.
    sys.modules[module_name.removesuffix("_bindings")] = module
    symbols = {name: [kind, signature, since] for name, kind, signature, since in walk(module)}
    Path(out).write_text(json.dumps({"version": module.__version__, "symbols": symbols}), encoding="utf-8")


def walk(module: types.ModuleType) -> Iterator[Fact]:
    """Facts of a module: its public names, their members, and submodules that can be imported."""
    yield from _walk_names(module, "")
    for info in pkgutil.iter_modules(module.__path__):
        if info.ispkg:
            yield from _walk_package(module, info.name)


def _walk_package(module: types.ModuleType, name: str) -> Iterator[Fact]:
    yield name, "module", "", None
    try:
        package = importlib.import_module(f"{module.__name__}.{name}")
    except ImportError:
        return  # it needs another package (numpy, torch); its name is all that is known then
    yield from _walk_names(package, f"{name}.")


def _walk_names(module: types.ModuleType, prefix: str) -> Iterator[Fact]:
    own = module.__name__.partition(".")[0]
    for name, value in sorted(vars(module).items()):
        if name.startswith("_") and name != "__version__":
            continue
        if isinstance(value, types.ModuleType) or name in _LEAKED:
            continue
        if not isinstance(value, (str, int, float)) and not str(getattr(value, "__module__", own)).startswith(own):
            continue
        yield from _walk_value(prefix + name, value)


def _walk_value(name: str, value: Any) -> Iterator[Fact]:
    if isinstance(value, type):
        yield from _walk_class(name, value)
    elif callable(value) and not isinstance(value, enum.Enum):
        yield name, "function", _signature(value), _deprecation(value.__doc__)
    else:
        yield name, "constant", _type_name(value), None


def _walk_class(name: str, cls: type) -> Iterator[Fact]:
    if _package_prefix(cls) + cls.__qualname__ != name:
        yield name, "alias", _package_prefix(cls) + cls.__qualname__, None
        return
    members = _enum_members(cls)
    bases = ", ".join(_package_prefix(base) + base.__qualname__ for base in cls.__bases__ if _is_public_class(base))
    yield name, "enum" if members else "class", bases, _deprecation(_head(cls.__doc__))
    sections = _sections(cls.__doc__ or "", _MEMBER_SECTION if members else _IVAR_SECTION)
    for member in members:
        yield f"{name}.{member}", "member", "", _deprecation(sections.get(member))
    for attribute, value in sorted(vars(cls).items()):
        if attribute in members or (attribute.startswith("_") and attribute not in _SPECIAL):
            continue
        if members and attribute in (*_SPECIAL, "name", "value"):
            continue
        yield from _walk_attribute(f"{name}.{attribute}", value, sections.get(attribute))


def _walk_attribute(name: str, value: Any, section: str | None) -> Iterator[Fact]:
    if isinstance(value, type):
        yield from _walk_class(name, value)
    elif isinstance(value, property):
        yield name, "property", _property_type(value), _deprecation(section or value.__doc__)
    elif isinstance(value, (types.GetSetDescriptorType, types.MemberDescriptorType)):
        yield name, "property", "", _deprecation(section)
    elif callable(getattr(value, "__func__", value)) and not _is_enum_value(value):
        function = getattr(value, "__func__", value)
        yield name, "method", _signature(function), _deprecation(_head(function.__doc__))
    else:
        yield name, "constant", _type_name(value), _deprecation(section)


def _enum_members(cls: type) -> list[str]:
    members = getattr(cls, "__members__", None)
    return list(members) if isinstance(members, (dict, types.MappingProxyType)) else []


def _is_enum_value(value: Any) -> bool:
    return bool(_enum_members(type(value)))


def _package_prefix(cls: type) -> str:
    """``plugin.`` for the classes of the subpackage of that name."""
    return "plugin." if ".plugin" in cls.__module__ else ""


def _is_public_class(cls: type) -> bool:
    return cls.__module__.startswith("tensorrt")


def _property_type(value: property) -> str:
    found = re.search(r"->\s*(.+)", (value.fget.__doc__ or "") if value.fget else "")
    return (_clean(found[1]) if found else "") + ("" if value.fset else " (read-only)")


def _signature(function: Any) -> str:
    """The overloads, joined by a bar: ``(self, flags: int = 0) -> INetworkDefinition``."""
    doc = function.__doc__ or ""
    first = doc.partition("\n")[0]
    if "(*args, **kwargs)" in first and "Overloaded function." in doc:
        return " | ".join(dict.fromkeys(_clean_call(line) for line in _OVERLOAD.findall(doc)))
    if re.match(r"\w+\(", first):
        return _clean_call(first)
    try:
        return _clean(str(inspect.signature(function)))
    except (TypeError, ValueError):
        return ""


def _clean_call(line: str) -> str:
    return re.sub(r"^\(self: [\w.]+", "(self", _clean(line[line.index("(") :]))


def _clean(text: str) -> str:
    text = _QUALIFIER.sub("", text.strip())
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    return text


def _type_name(value: Any) -> str:
    return _clean(type(value).__qualname__)


def _head(doc: str | None) -> str:
    """The part of a docstring that speaks of the whole, not of an argument."""
    return re.split(r"^\s*:(?:arg|ivar|param)\b|^Members:", doc or "", maxsplit=1, flags=re.MULTILINE)[0]


def _sections(doc: str, start: re.Pattern[str]) -> dict[str, str]:
    found = list(start.finditer(doc))
    ends = [match.start() for match in found[1:]] + [len(doc)]
    return {match[1]: doc[match.end() : end] for match, end in zip(found, ends, strict=False)}


def _deprecation(doc: str | None) -> str | None:
    if not doc or not _DEPRECATED.search(doc):
        return None
    since = _DEPRECATED_SINCE.search(doc)
    return since[1] if since else ""


if __name__ == "__main__":
    main(sys.argv[1:])
