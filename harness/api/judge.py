"""Whether a use survives on a release."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum

from harness.api.collect import Call, Guards, Use
from harness.api.constants import Constants
from harness.api.names import Names
from harness.api.scopes import Scope
from harness.api.signatures import accepts
from harness.support.replacements import Replacement, replacement
from harness.support.surfaces import Language, Surface
from harness.versions import Flavour, Release

# Properties that are TensorRT's alone; others are judged only where it is known what they are asked of.
_TELLING = ("num_bindings", "has_implicit_batch", "platform_has_", "get_binding", "int8_calibrator")
_DEEPEST = 20


Sites = dict[Scope, list[tuple[Guards, Scope]]]


class Level(StrEnum):
    """``broken``: does not survive. ``likely``: the same, by the name alone. ``deprecated``: still there."""

    BROKEN = "broken"
    LIKELY = "likely"
    DEPRECATED = "deprecated"


Verdict = tuple[str, Level, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A use that a release does not have, or will not for long. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    end_column: int
    symbol: str
    level: Level
    release: Release
    message: str
    gone_from: Release | None
    use: str
    source: str


class Judge:
    """Judges uses against one release; ``old`` restricts to what that release still had."""

    def __init__(
        self,
        surface: Surface,
        names: Names,
        *,
        old: Surface | None,
        own_names: set[str],
        sites: Sites,
        language: Language = Language.PYTHON,
    ) -> None:
        self._surface = surface
        self._names = names
        self._old = old
        self._own_names = own_names
        self._sites = sites
        self._language = language
        self._verdicts: dict[object, Verdict | None] = {}
        self._gone_from: dict[str, Release | None] = {}
        self._replacements: dict[str, Replacement | None] = {}

    def judge(self, use: Use, constants: Constants, file: str) -> Finding | None:
        """None where the use survives, or is not reached on this release."""
        if use.refuses:
            verdict = self._refusal(use, constants)
        else:
            verdict = self._module(use) if use.module else self._verdict(use)
        if verdict is None or not self._reached(use.guards, use.within, constants, 0):
            return None
        return self._finding(use, verdict, file)

    def judge_reached(self, use: Use, file: str) -> Finding | None:
        """The same for a use of which it is known that it is reached."""
        verdict = self._verdict(use)
        return self._finding(use, verdict, file) if verdict else None

    def _finding(self, use: Use, verdict: Verdict, file: str) -> Finding:
        symbol, level, message = verdict
        gone = level is not Level.DEPRECATED
        instead = self._instead(symbol) if gone else None
        return Finding(
            file,
            use.line,
            use.column,
            use.end_column,
            symbol,
            level,
            self._surface.release,
            message,
            self._gone(symbol) if gone else None,
            instead.use if instead else "",
            instead.source if instead else "",
        )

    def _instead(self, symbol: str) -> Replacement | None:
        if symbol not in self._replacements:
            self._replacements[symbol] = replacement(self._names.owner(symbol) or symbol, self._language)
        return self._replacements[symbol]

    def _refusal(self, use: Use, constants: Constants) -> Verdict | None:
        """The user's own test of the version ends this release; nothing behind it is reached."""
        last = use.guards[-1]
        if constants.truth(last.node, last.scope) is not True:
            return None
        release = self._surface.release
        return "__version__", Level.BROKEN, f"this test of the version refuses {release}: the code ends here"

    def _module(self, use: Use) -> Verdict | None:
        root, _, package = use.module.partition(".")
        rtx = self._surface.release.flavour is Flavour.TENSORRT_RTX
        if root in ("tensorrt_lean", "tensorrt_dispatch") or (root.startswith("tensorrt_rtx") is rtx and not package):
            return None
        if root.startswith("tensorrt_rtx") is not rtx:
            name = "tensorrt_rtx" if rtx else "tensorrt"
            return root, Level.BROKEN, f"module {root} is not of {self._surface.release}, whose module is {name}"
        return None if self._surface.has(package) else (package, Level.BROKEN, self._absent(package, "module"))

    def _verdict(self, use: Use) -> Verdict | None:
        """The same for all uses that look alike."""
        key = (use.owners, use.name, use.call, use.called, use.writes)
        if key not in self._verdicts:
            self._verdicts[key] = self._first_verdict(use)
        return self._verdicts[key]

    def _first_verdict(self, use: Use) -> Verdict | None:
        if not use.owners:
            return self._by_name(use)
        symbols = use.symbols
        standing = [owner for owner in use.owners if not owner or self._surface.has(owner)]
        if not standing:
            return None  # the class itself is gone: said where it was named
        living = [symbol for symbol in symbols if self._surface.has(symbol)]
        if not living:
            return self._gone_verdict(symbols)
        return self._changed(use, living) or self._deprecated(living)

    def _gone_verdict(self, symbols: list[str]) -> Verdict | None:
        known = [symbol for symbol in symbols if self._names.owner(symbol)] or [
            symbol for symbol in symbols if replacement(symbol, self._language)
        ]
        if not known or self._was_missing(known):
            return None
        return known[0], Level.BROKEN, self._absent(known[0], self._kind(known[0]))

    def _reached(self, guards: Guards, within: Scope, constants: Constants, depth: int) -> bool:
        """False where a condition on this release keeps from getting here.

        A function inside another is reached where one of the places that name it is.
        """
        if any(constants.truth(guard.node, guard.scope) is (not guard.expected) for guard in guards):
            return False
        inner = within.parent is not None and isinstance(within.parent.node, (ast.FunctionDef, ast.AsyncFunctionDef))
        sites = self._sites.get(within, []) if inner and depth < _DEEPEST else []
        return not sites or any(self._reached(*site, constants, depth + 1) for site in sites)

    def _was_missing(self, symbols: list[str]) -> bool:
        return self._old is not None and not any(self._old.has(symbol) for symbol in symbols)

    def _by_name(self, use: Use) -> Verdict | None:
        if use.name in self._own_names or not (use.called or use.name.startswith(_TELLING)):
            return None
        symbols = [f"{cls}.{use.name}" for cls in sorted(self._names.members[use.name])]
        told = [symbol for symbol in symbols if replacement(symbol) and "_" in use.name]
        if not told or self._was_missing(symbols) or any(self._takes(symbol, use.call) for symbol in symbols):
            return None
        return (
            told[0],
            Level.LIKELY,
            self._absent(told[0], self._kind(told[0])) + " (by its name: what it is called on is not known)",
        )

    def _takes(self, symbol: str, call: Call | None) -> bool:
        return self._surface.has(symbol) and (call is None or accepts(self._surface.signature(symbol), *call))

    def _changed(self, use: Use, living: list[str]) -> Verdict | None:
        if len(living) > 1 or not (use.call or use.writes) or not self._names.varies(living[0]):
            return None
        signature = self._surface.signature(living[0])
        if use.writes and signature.endswith("(read-only)"):
            return living[0], Level.BROKEN, f"{living[0]} can no longer be set"
        if use.call is None or self._surface.kind(living[0]) not in ("method", "function"):
            return None
        owner = self._names.owner(living[0])
        before = [text for text in self._names.signatures(owner) if text != signature]
        if accepts(signature, *use.call) or not any(accepts(text, *use.call) for text in before):
            return None
        return living[0], Level.BROKEN, f"{living[0]} takes other arguments now: {signature}"

    def _deprecated(self, living: list[str]) -> Verdict | None:
        marks = [(symbol, self._surface.deprecated(symbol)) for symbol in living]
        if any(mark is None for _, mark in marks):
            return None
        symbol, since = marks[0]
        return symbol, Level.DEPRECATED, f"{symbol} is deprecated" + (f" since {since}" if since else "")

    def _gone(self, symbol: str) -> Release | None:
        if symbol not in self._gone_from:
            self._gone_from[symbol] = _gone_from(self._surface, symbol)
        return self._gone_from[symbol]

    def _kind(self, symbol: str) -> str:
        owner = self._names.owner(symbol)
        return self._surface.surfaces.data.symbols[owner].kind if owner else "name"

    def _absent(self, symbol: str, kind: str) -> str:
        release, gone = self._surface.release, self._gone(symbol)
        if gone:
            return f"{kind} {symbol} is gone since {gone.version}"
        since = self._surface.surfaces.since(symbol, release.flavour)
        if since:
            return f"{kind} {symbol} comes only with {since.version}"
        if release.flavour is Flavour.TENSORRT_RTX and self._names.owner(symbol):
            return f"{kind} {symbol} is not in {release.flavour.value}"
        first = self._surface.surfaces.releases[release.flavour][0]
        return f"{kind} {symbol} was gone before {first.version}"


def _gone_from(surface: Surface, symbol: str) -> Release | None:
    """The release from which a name is missing up to this one; None where it came later, or never was."""
    mask = surface.surfaces.mask(symbol)
    gone = None
    for release, index in surface.surfaces.order[surface.release.flavour][::-1]:
        if release.version <= surface.release.version:
            if mask >> index & 1:
                return gone
            gone = release
    return None
