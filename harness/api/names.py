"""TensorRT's names over all releases, for following types: what an attribute is and what a call returns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property

from harness.api.scopes import Items, Known, Tag, Trt, Types
from harness.api.signatures import returns
from harness.support.surfaces import Surfaces

# Beginnings of method names that no other library has.
_TELLING = (
    "add_",
    "create_builder",
    "create_network",
    "create_execution_context",
    "create_optimization",
    "deserialize_cuda",
    "build_serialized",
    "build_engine",
    "build_cuda",
)
_WORD = re.compile(r"[A-Za-z_][\w.]*")


class Names:
    """Questions about a name that any known release may answer."""

    def __init__(self, surfaces: Surfaces) -> None:
        self._surfaces = surfaces
        self._symbols = surfaces.data.symbols
        self._cache: dict[tuple[Trt, str], Types] = {}

    @cached_property
    def members(self) -> dict[str, set[str]]:
        """For each member's name, the classes that have had it."""
        found: dict[str, set[str]] = {}
        for name in self._symbols:
            owner, dot, member = name.rpartition(".")
            if dot:
                found.setdefault(member, set()).add(owner)
        return found

    @cache  # noqa: B019 - one object for each run
    def told_by(self, method: str) -> Types:
        """What a call returns where the receiver is not known, but the name is TensorRT's alone."""
        if not method.startswith(_TELLING):
            return set()
        owners = self.members.get(method, set())
        found = {one for cls in owners for one in self.call(Trt(Tag.FUNCTION, f"{cls}.{method}"))}
        return {one for one in found if isinstance(one, Trt)}

    def is_class(self, name: str) -> bool:
        symbol = self._symbols.get(name)
        return symbol is not None and symbol.kind in ("class", "enum", "alias")

    def known(self, name: str) -> bool:
        """True where some release has it."""
        return bool(self._surfaces.mask(name))

    def anywhere(self, names: Iterable[str]) -> int:
        """The releases that have one of the names, as bits over the known releases."""
        mask = 0
        for name in names:
            mask |= self._surfaces.mask(name)
        return mask

    def attribute(self, value: Trt, name: str) -> Types:
        """The types of ``value.name``; empty where nothing is known of it."""
        key = (value, name)
        if key not in self._cache:
            self._cache[key] = self._attribute(value, name)
        return self._cache[key]

    def _attribute(self, value: Trt, name: str) -> Types:
        if value.tag is Tag.MODULE and name == "tensorrt":
            return {value}  # the extension module inside the package
        owner = self.owner(f"{value.name}.{name}" if value.name else name)
        if not owner:
            return set()
        kind = self._symbols[owner].kind
        if kind == "module":
            return {Trt(Tag.MODULE, owner)}
        if self.is_class(owner):
            return {Trt(Tag.CLASS, self._target(owner))}
        if kind == "member":
            return {Trt(Tag.INSTANCE, owner.rpartition(".")[0])}
        if kind in ("method", "function"):
            return {Trt(Tag.FUNCTION, owner)}
        return {found for signature in self.signatures(owner) for found in self.parse(signature)}

    @cache  # noqa: B019 - one object for each run
    def call(self, value: Trt) -> Types:
        """The types of ``value(...)``."""
        if value.tag is Tag.CLASS:
            return {Trt(Tag.INSTANCE, value.name)}
        if value.tag is Tag.FUNCTION:
            texts = {text for signature in self.signatures(value.name) for text in returns(signature)}
            return {found for text in texts for found in self.parse(text)}
        return set()

    def signatures(self, name: str) -> list[str]:
        """What the name looks like, in all releases."""
        data = self._surfaces.data
        return [data.signatures[signature] for _, signature in data.symbols[name].variants]

    def varies(self, name: str) -> bool:
        """True where the name does not look the same in all releases."""
        return len(self._symbols[self.owner(name)].variants) > 1

    @cache  # noqa: B019 - one object for each run
    def settled(self, name: str, releases: int) -> bool:
        """True where all of ``releases`` (a mask) have the name, in one form, and none calls it deprecated."""
        owner = self.owner(name)
        everywhere = self._surfaces.mask(name) & releases == releases
        return everywhere and not self.varies(name) and not self._surfaces.deprecated_mask(owner) & releases

    def parse(self, text: str) -> Types:
        """The types that an annotation such as ``List[ITensor] | None`` names."""
        found: Types = set()
        for word in _WORD.findall(text.removesuffix(" (read-only)")):
            if self.is_class(word):
                found.add(Trt(Tag.INSTANCE, self._target(word)))
        if text.startswith(("List[", "Tuple[", "Iterator[")):
            return {Items((frozenset(found),), fixed=False)}
        return found or {Known.OTHER}

    @cache  # noqa: B019 - one object for each run
    def owner(self, name: str) -> str:
        """The name itself, or that of the base class that has it; empty where no release has either."""
        if name in self._symbols:
            return name
        cls, dot, member = name.rpartition(".")
        if not dot or cls not in self._symbols or not self.is_class(cls):
            return ""
        bases = {base for signature in self.signatures(cls) for base in signature.split(", ") if base}
        return next((found for base in sorted(bases) if (found := self.owner(f"{base}.{member}"))), "")

    def _target(self, name: str) -> str:
        """The class that an alias stands for."""
        symbol = self._symbols[name]
        return self.signatures(name)[0] if symbol.kind == "alias" and "." in self.signatures(name)[0] else name
