"""Whether a use survives on a release."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from harness.api.collect import Call, Use
from harness.api.names import Names
from harness.api.signatures import accepts
from harness.support.replacements import replacement
from harness.support.surfaces import Language, Surface
from harness.versions import Flavour, Release

# Properties that are TensorRT's alone; others are judged only where it is known what they are asked of.
_TELLING = ("num_bindings", "has_implicit_batch", "platform_has_", "get_binding", "int8_calibrator")


class Level(StrEnum):
    """``broken``: does not survive. ``likely``: the same, by the name alone. ``deprecated``: still there."""

    BROKEN = "broken"
    LIKELY = "likely"
    DEPRECATED = "deprecated"


Verdict = tuple[str, Level, str]


class Finding(NamedTuple):
    """A use that ``releases``, oldest first, do not have, or will not for long. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    end_column: int
    symbol: str
    level: Level
    message: str
    gone_from: Release | None
    use: str
    source: str
    releases: tuple[Release, ...]


class Judge:
    """Judges uses against one release; ``old`` restricts to what that release still had."""

    def __init__(
        self,
        surface: Surface,
        names: Names,
        *,
        old: Surface | None,
        own_names: set[str],
        language: Language = Language.PYTHON,
    ) -> None:
        self._surface = surface
        self._names = names
        self._old = old
        self._own_names = own_names
        self._language = language
        self._gone_from: dict[str, Release | None] = {}
        order = surface.surfaces.order[surface.release.flavour]
        self._up_to_here = order[order.index((surface.release, surface.index)) :: -1]

    def verdict(self, use: Use) -> Verdict | None:
        """None where the use survives; whether it is reached is not asked here."""
        if use.module:
            return self._module(use)
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

    def refusal(self) -> Verdict:
        """The user's own test of the version ends this release; nothing behind it is reached."""
        release = self._surface.release
        return "__version__", Level.BROKEN, f"this test of the version refuses {release}: what follows is not judged"

    def gone_from(self, symbol: str) -> Release | None:
        """The release from which a name is missing up to this one; None where it came later, or never was."""
        if symbol not in self._gone_from:
            self._gone_from[symbol] = self._find_gone_from(self._surface.surfaces.mask(symbol))
        return self._gone_from[symbol]

    def _find_gone_from(self, mask: int) -> Release | None:
        gone = None
        for release, index in self._up_to_here:
            if mask >> index & 1:
                return gone
            gone = release
        return None

    def _module(self, use: Use) -> Verdict | None:
        root, _, package = use.module.partition(".")
        rtx = self._surface.release.flavour is Flavour.TENSORRT_RTX
        if root in ("tensorrt_lean", "tensorrt_dispatch") or (root.startswith("tensorrt_rtx") is rtx and not package):
            return None
        if root.startswith("tensorrt_rtx") is not rtx:
            name = "tensorrt_rtx" if rtx else "tensorrt"
            return root, Level.BROKEN, f"module {root} is not of {self._surface.release}, whose module is {name}"
        return None if self._surface.has(package) else (package, Level.BROKEN, self._absent(package, "module"))

    def _gone_verdict(self, symbols: list[str]) -> Verdict | None:
        known = [symbol for symbol in symbols if self._names.owner(symbol)] or [
            symbol for symbol in symbols if replacement(symbol, self._language)
        ]
        if not known or self._was_missing(known):
            return None
        return known[0], Level.BROKEN, self._absent(known[0], self._kind(known[0]))

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

    def _kind(self, symbol: str) -> str:
        owner = self._names.owner(symbol)
        return self._surface.surfaces.data.symbols[owner].kind if owner else "name"

    def _absent(self, symbol: str, kind: str) -> str:
        release, gone = self._surface.release, self.gone_from(symbol)
        if gone:
            return f"{kind} {symbol} is gone since {gone.version}"
        since = self._surface.surfaces.since(symbol, release.flavour)
        if since:
            return f"{kind} {symbol} comes only with {since.version}"
        if release.flavour is Flavour.TENSORRT_RTX and self._names.owner(symbol):
            return f"{kind} {symbol} is not in {release.flavour.value}"
        first = self._surface.surfaces.releases[release.flavour][0]
        return f"{kind} {symbol} was gone before {first.version}"
