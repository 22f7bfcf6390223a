"""List what a release's C++ headers have, read with libclang: classes, functions, enum values, deprecation.

The standard and CUDA headers that they include are replaced by empty ones with the few types that are
named, so that the result does not depend on the machine. The ONNX parser's header is left out: it lies in
another place in the older releases.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentUnavailable, InputError
from harness.support.surfaces import Source
from harness.versions import Flavour, Release, Version

_MAIN_HEADERS = ("NvInfer.h", "NvInferPlugin.h", "NvInferSafeRuntime.h", "NvCaffeParser.h", "NvUffParser.h")
# Other headers come and go with the place they were taken from: the ONNX parser's has its own repository.
_PARSER_HEADERS = ("NvCaffeParser.h", "NvUffParser.h")
# What people include alone, for the logger; what it brings has changed.
_LIGHT_HEADER = "NvInferRuntimeCommon.h"
_NAMESPACES = ("nvinfer1", "nvcaffeparser1", "nvuffparser")
_INLINE_NAMESPACE = re.compile(r"v_\d+_\d+")
_VERSION = re.compile(
    r"#define (?:NV_TENSORRT|TRT)_(MAJOR|MINOR|PATCH|BUILD)(?:_(?:ENTERPRISE|RTX))?\s+(\d+)\b", re.MULTILINE
)
_SINCE = re.compile(r"[Dd]eprecated in TensorRT[ -](?:RTX )?(\d+\.\d+)")
_QUALIFIER = re.compile(r"\b(?:nvinfer1|v_\d+_\d+|std)::")
# The second version of an interface has the first's name in a namespace of its own; users write ``IFooV2``.
_LATER_NAMESPACE = re.compile(r"v_([2-9]|\d\d+)_\d+")
_LATER = re.compile(rf"\b{_LATER_NAMESPACE.pattern}::(\w+)")
_STUBS = {
    "cstdint": "\n#define UINT64_MAX 0xffffffffffffffffUL\n#define INT64_MAX 0x7fffffffffffffffL\n"
    "using int8_t=signed char; using int16_t=short; using int32_t=int; using int64_t=long;"
    "using uint8_t=unsigned char; using uint16_t=unsigned short; using uint32_t=unsigned; using uint64_t=unsigned long;"
    "using uintptr_t=unsigned long; namespace std{using ::int8_t; using ::int16_t; using ::int32_t; using ::int64_t;"
    "using ::uint8_t; using ::uint16_t; using ::uint32_t; using ::uint64_t; using ::uintptr_t;}",
    "cstddef": "using size_t=unsigned long; namespace std{using ::size_t; using nullptr_t=decltype(nullptr);}",
    "stddef.h": "#include <cstddef>\n",
    "vector": "namespace std{template<class T> class vector{};}",
    "string": "namespace std{class string{};}",
    "iterator": "",
    "algorithm": "",
    "memory": "",
    "cuda_fp16.h": "struct __half;",
    "cuda_runtime_api.h": "struct CUevent_st; struct CUstream_st;"
    "typedef CUevent_st *cudaEvent_t; typedef CUstream_st *cudaStream_t;",
}
_STUBS |= {"cudnn.h": "struct cudnnContext;", "cublas_v2.h": "struct cublasContext;"}

Fact = tuple[str, str, str, "str | None"]


def walk_headers(folder: Path, flavour: Flavour, origin: str) -> tuple[Source, dict[str, tuple[str, str, str | None]]]:
    """The source and the facts of a folder of headers. Raises EnvironmentUnavailable without libclang."""
    try:
        from clang import cindex  # type: ignore[import-untyped,unused-ignore] # an optional package; only this reading needs it
    except ImportError as error:
        raise EnvironmentUnavailable("C++ headers: the package libclang is not here; install it") from error
    numbers = version_of(folder)
    source = Source(
        flavour=flavour.value,
        version=".".join(map(str, numbers[:3])),
        build=".".join(map(str, numbers)),
        origin=origin,
        sha256=_digest(folder),
        way="headers",
    )
    unit = _parse(cindex, folder, _MAIN_HEADERS)
    facts: dict[str, tuple[str, str, str | None]] = {}
    for name, kind, signature, since in _walk(cindex, unit.cursor, folder, ""):
        if name in facts and kind == "method" and signature != facts[name][1]:
            signature = " | ".join(dict.fromkeys([*facts[name][1].split(" | "), signature]))
            since = since if facts[name][2] is not None else None
        facts[name] = (kind, signature, since)
    for header in (*_PARSER_HEADERS, _LIGHT_HEADER):
        if (folder / header).exists():
            facts[header] = ("header", _brings(cindex, folder, header) if header == _LIGHT_HEADER else "", None)
    return source, facts


def _brings(cindex: Any, folder: Path, header: str) -> str:
    """The classes and enums that the header defines, itself or by what it includes."""
    walked = _walk(cindex, _parse(cindex, folder, (header,)).cursor, folder, "")
    return ", ".join(
        sorted({name for name, kind, _, _ in walked if kind in ("class", "enum", "alias") and "." not in name})
    )


def version_of(folder: Path) -> tuple[int, ...]:
    """Major, minor, patch and build, as the headers define them."""
    text = "\n".join(_text(path) for path in (folder / "NvInferVersion.h", folder / "NvInfer.h") if path.exists())
    found = {name: int(number) for name, number in reversed(_VERSION.findall(text))}
    if not {"MAJOR", "MINOR", "PATCH"} <= found.keys():
        raise InputError(f"{folder}: no TensorRT headers with a version; name the folder of NvInfer.h")
    return tuple(found.get(part, 0) for part in ("MAJOR", "MINOR", "PATCH", "BUILD"))


def release_of(folder: Path, flavour: Flavour) -> Release:
    """The release of a folder of headers."""
    return Release(flavour, Version(version_of(folder)[:3]))


def _digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the headers."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.h")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _parse(cindex: Any, folder: Path, headers: Sequence[str]) -> Any:
    with tempfile.TemporaryDirectory(prefix="trt-matrix-headers-") as name:
        stubs = Path(name)
        for stub, text in _STUBS.items():
            (stubs / stub).write_text(f"#pragma once\n{text}\n", encoding="ascii")
        main = "".join(f'#include "{header}"\n' for header in headers if (folder / header).exists())
        arguments = ["-x", "c++", "-std=c++17", "-nostdinc", "-nostdinc++", f"-isystem{stubs}", f"-I{folder}"]
        options = cindex.TranslationUnit.PARSE_SKIP_FUNCTION_BODIES
        unit = cindex.Index.create().parse("main.cpp", arguments, [("main.cpp", main)], options)
        fatal = [one.spelling for one in unit.diagnostics if one.severity >= cindex.Diagnostic.Error]
        if fatal:
            raise InputError(f"{folder}: {len(fatal)} errors while reading the headers; the first: {fatal[0]}")
        return unit


def _walk(cindex: Any, cursor: Any, folder: Path, prefix: str) -> Iterator[Fact]:
    kinds = cindex.CursorKind
    for child in cursor.get_children():
        if child.location.file is None or not child.location.file.name.startswith(str(folder)):
            continue
        if child.kind in (kinds.NAMESPACE, kinds.LINKAGE_SPEC, kinds.UNEXPOSED_DECL):
            yield from _walk(cindex, child, folder, _namespace(child, prefix)) if _is_public(child) else ()
        elif child.kind in (kinds.CLASS_DECL, kinds.STRUCT_DECL, kinds.ENUM_DECL) and child.is_definition():
            yield from _walk_type(cindex, child, folder, prefix)
        elif child.kind in (kinds.TYPE_ALIAS_DECL, kinds.TYPEDEF_DECL):
            yield from _walk_alias(child, prefix)
        elif child.kind == kinds.FUNCTION_DECL:
            yield prefix + child.spelling, "function", _signature(child), _deprecation(cindex, child)


def _is_public(child: Any) -> bool:
    name = child.spelling
    return not name or name in (*_NAMESPACES, "safe", "consistency") or bool(_INLINE_NAMESPACE.fullmatch(name))


def _namespace(child: Any, prefix: str) -> str:
    name = child.spelling
    return prefix if not name or name == "nvinfer1" or _INLINE_NAMESPACE.fullmatch(name) else f"{prefix}{name}."


def _walk_type(cindex: Any, cursor: Any, folder: Path, prefix: str) -> Iterator[Fact]:
    kinds, name = cindex.CursorKind, prefix + cursor.spelling + _version_suffix(cursor)
    if not cursor.spelling or "(" in cursor.spelling:
        return
    children = list(cursor.get_children())
    if cursor.kind == kinds.ENUM_DECL:
        yield name, "enum", "", _deprecation(cindex, cursor)
        for value in children:
            if value.kind == kinds.ENUM_CONSTANT_DECL:
                yield f"{name}.{value.spelling}", "member", "", _deprecation(cindex, value)
        return
    bases = [_clean(base.type.get_canonical().spelling) for base in children if base.kind == kinds.CXX_BASE_SPECIFIER]
    public = [base for base in bases if base not in ("INoCopy", "VRoot")]
    yield name, "class", ", ".join(base.replace("::", ".") for base in public), _deprecation(cindex, cursor)
    for child in children:
        if child.access_specifier != cindex.AccessSpecifier.PUBLIC:
            continue
        if child.kind == kinds.CXX_METHOD and not child.spelling.startswith("operator"):
            yield f"{name}.{child.spelling}", "method", _signature(child), _deprecation(cindex, child)
        elif child.kind == kinds.FIELD_DECL:
            yield f"{name}.{child.spelling}", "property", _clean(child.type.spelling), _deprecation(cindex, child)
        elif child.kind in (kinds.ENUM_DECL, kinds.STRUCT_DECL, kinds.CLASS_DECL) and child.is_definition():
            yield from _walk_type(cindex, child, folder, f"{name}.")


def _version_suffix(cursor: Any) -> str:
    later = _LATER_NAMESPACE.fullmatch(cursor.semantic_parent.spelling)
    return f"V{later[1]}" if later else ""


def _walk_alias(cursor: Any, prefix: str) -> Iterator[Fact]:
    target = _clean(cursor.underlying_typedef_type.get_canonical().spelling)
    name = prefix + cursor.spelling
    if target.replace("::", ".") != name and re.fullmatch(r"[\w:]+", target) and target[:1].isupper():
        yield name, "alias", target.replace("::", "."), None


def _signature(cursor: Any) -> str:
    """``(ITensor &, int32_t) const -> ILayer *``; ``virtual`` and ``= 0`` as in the source."""
    parameters = ", ".join(_clean(argument.type.spelling) for argument in cursor.get_arguments())
    words = f"({parameters}) -> {_clean(cursor.result_type.spelling)}"
    if cursor.kind.name == "CXX_METHOD" and cursor.is_virtual_method():
        words += " [pure virtual]" if cursor.is_pure_virtual_method() else " [virtual]"
    return words


def _deprecation(cindex: Any, cursor: Any) -> str | None:
    if cursor.availability != cindex.AvailabilityKind.DEPRECATED:
        return None
    found = _SINCE.search(cursor.raw_comment or "")
    return found[1] if found else ""


def _clean(text: str) -> str:
    words = _QUALIFIER.sub("", _LATER.sub(r"\2V\1", text))
    return words.removeprefix("const ") if text.startswith("const ") else words


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
