"""Check C++ sources by their tokens: what can be tied to a class of TensorRT's, and how much cannot.

No headers are needed. Preprocessor conditions on TensorRT's version are respected. A member access whose
receiver has no known type is judged only where the name is TensorRT's alone; the rest is counted.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from harness.api.collect import Use
from harness.api.cpp_headers import is_header, unbrought
from harness.api.cpp_overrides import overrides
from harness.api.cpp_tokens import Token, holds, tokenize
from harness.api.cpp_types import CppNames, Variables
from harness.api.judge import Finding, Level
from harness.api.names import Names
from harness.api.panel import Panel
from harness.api.scopes import Scope
from harness.support.replacements import replacement
from harness.support.surfaces import Language, Surface, Surfaces

_CONCERNED = re.compile(r"NvInfer|nvinfer1|NvOnnxParser|NvCaffeParser|NvUffParser")
_TELLING = re.compile(r"[a-z]+(?:[A-Z][A-Za-z0-9]*){2,}|enqueue\w*")
_PARSERS = ("nvcaffeparser1", "nvuffparser")
_NOWHERE = Scope(ast.Module([], []), None)


@dataclass(frozen=True, slots=True)
class CppFile:
    name: str
    text: str
    tokens: list[Token]
    includes: list[Token]
    macros: dict[str, str]


def check_cpp(
    sources: dict[str, str], targets: Sequence[Surface], old: Surface | None, surfaces: Surfaces
) -> tuple[list[Finding], list[str]]:
    """Findings and notes for C++ files; ``sources`` are texts by file name."""
    files = [CppFile(name, text, *tokenize(text)) for name, text in sources.items()]
    concerned = {Path(file.name).name for file in files if _CONCERNED.search(file.text)}
    names, cpp_names = Names(surfaces), CppNames(surfaces)
    panel = Panel(targets, names, old=old, own_names=set(), language=Language.CPP)
    findings, notes = list[Finding](), list[str]()
    for file in files:
        if Path(file.name).name not in concerned and not concerned.intersection(_names(file.includes)):
            continue
        uses, unknown = _uses(file, _variables(file, files, cpp_names), cpp_names)
        headers = [include for include in file.includes if is_header(include.text, surfaces)]
        uses += [_use(header, header.text, {""}, by_name=False) for header in headers]
        holding = cache(partial(_holding, targets, file.macros))
        for use in uses:
            findings += _judge(use, panel, holding(tuple(use.token.conditions)), file.name)
        if len(_reached(file, files)) == 1 and len(headers) == 1:
            findings += unbrought(file.name, file.tokens, headers[0], targets, surfaces)
        if unknown:
            notes.append(f"{file.name}: {unknown} calls on values whose type a tokenizer cannot tell were not judged")
    return findings, notes


def _reached(file: CppFile, files: list[CppFile]) -> set[str]:
    """TensorRT's headers that the file includes, itself or by other files that are checked with it."""
    reached, waiting = set[str](), [file]
    seen = {file.name}
    while waiting:
        names = _names(waiting.pop().includes)
        reached |= {name for name in names if name.startswith("Nv")}
        waiting += [other for other in files if Path(other.name).name in names and other.name not in seen]
        seen |= {other.name for other in waiting}
    return reached


def _names(includes: list[Token]) -> set[str]:
    return {include.text for include in includes}


@dataclass(frozen=True, slots=True)
class _CppUse:
    use: Use
    token: Token
    by_name: bool


def _holding(targets: Sequence[Surface], macros: dict[str, str], conditions: tuple[tuple[str, bool], ...]) -> int:
    """The releases, as a mask, on which none of the preprocessor's conditions keeps the code out."""
    mask = 0
    for target in targets:
        parts = (*target.release.version.parts, 0, 0)[:3]
        version = (parts[0], parts[1], parts[2])
        if not any(holds(text, version, macros) is (not value) for text, value in conditions):
            mask |= 1 << target.index
    return mask


def _judge(use: _CppUse, panel: Panel, holding: int, file: str) -> list[Finding]:
    found = list(panel.findings(use.use, panel.rulings(use.use), holding, file))
    if not use.by_name:
        return found
    doubt = " (by its name: what it is called on is not known)"
    return [
        one._replace(level=Level.LIKELY, message=one.message + doubt)
        for one in found
        if one.level is not Level.DEPRECATED
    ]


def _variables(file: CppFile, files: list[CppFile], names: CppNames) -> Variables:
    included = [other for other in files if other is not file and Path(other.name).name in _names(file.includes)]
    return Variables(file.tokens, names, [Variables(other.tokens, names, []) for other in included])


def _uses(file: CppFile, variables: Variables, names: CppNames) -> tuple[list[_CppUse], int]:
    own, used = _own_members(file.tokens), _used_namespaces(file.tokens)
    uses, unknown = list[_CppUse](), 0
    for index, token in enumerate(file.tokens):
        if not token.word:
            continue
        before = file.tokens[index - 1].text if index else ""
        if before in ("->", "."):
            if token.text not in names.members or not _is_call(file.tokens, index):
                continue
            owners = variables.receiver(index - 1)
            if owners:
                uses.append(_use(token, token.text, owners, by_name=False))
            elif _is_telling(token.text, names, own):
                uses.append(_use(token, token.text, names.members[token.text], by_name=True))
            else:
                unknown += 1
        else:
            uses += _named(file.tokens, index, names, used)
    uses += [_use(name, name.text, bases, by_name=False) for name, bases in overrides(file.tokens, names)]
    return uses, unknown


def _named(tokens: list[Token], index: int, names: CppNames, used: set[str]) -> list[_CppUse]:
    """``Class``, ``nvinfer1::Class``, ``Enum::kVALUE``, ``createInferBuilder(``.

    ``used`` are the namespaces of TensorRT's parsers whose names the file writes without them.
    """
    token = tokens[index]
    scope = tokens[index - 2].text if index > 1 and tokens[index - 1].text == "::" else ""
    if names.is_class(scope) and token.text in names.members:
        return [_use(token, token.text, {scope}, by_name=False)]
    if scope and scope not in ("nvinfer1", *_PARSERS):
        return []
    spaces = [""] if scope == "nvinfer1" else [scope] if scope else ["", *sorted(used)]
    called = index + 1 < len(tokens) and tokens[index + 1].text == "("
    for name in (f"{space}.{token.text}" if space else token.text for space in spaces):
        if (names.is_class(name) and (scope or len(name) > 4)) or (called and names.functions(name)):
            return [_use(token, name, {""}, by_name=False)]
    return []


def _used_namespaces(tokens: list[Token]) -> set[str]:
    """Those of the parsers that ``using namespace`` opens."""
    words = [token.text for token in tokens]
    return {
        name
        for using, space, name in zip(words, words[1:], words[2:], strict=False)
        if (using, space) == ("using", "namespace")
    } & set(_PARSERS)


def _use(token: Token, name: str, owners: set[str], *, by_name: bool) -> _CppUse:
    end = token.column + len(token.text)
    use = Use(token.line, token.column, end, name, frozenset(owners), (), _NOWHERE, called=True)
    return _CppUse(use, token, by_name)


def _is_call(tokens: list[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].text == "("


def _is_telling(name: str, names: CppNames, own: set[str]) -> bool:
    """True for names that only TensorRT has, and of which it is known what took their place."""
    known = any(replacement(f"{cls}.{name}", Language.CPP) for cls in names.members[name])
    return known and name not in own and bool(_TELLING.fullmatch(name))


def _own_members(tokens: list[Token]) -> set[str]:
    """Names of functions that the file itself defines or declares in a class: ``Type name(``."""
    return {
        token.text
        for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if token.word and after.text == "(" and (before.word and before.text not in ("return", "else", "new"))
    }
