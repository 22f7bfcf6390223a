"""What each release's API has: the reading side of the API lane's data, quick enough for every plan.

The data are facts walked from NVIDIA's own packages by ``harness.api.refresh``. Python names have dots
(``IBuilderConfig.int8_calibrator``), C++ names may also be written with ``::`` and with the namespace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import InputError, UsageError
from harness.versions import Flavour, Release, Version

FORMAT = 1
FOLDER = Path(__file__).with_name("api")


class Language(StrEnum):
    PYTHON = "python"
    CPP = "cpp"


class Source(NamedTuple):
    """A release that was walked. ``way`` says how: ``stand-in``, ``headers``, ``real``."""

    flavour: str
    version: str
    build: str
    origin: str
    sha256: str
    way: str

    @property
    def release(self) -> Release:
        return Release(Flavour(self.flavour), Version.parse(self.version))


class Symbol(NamedTuple):
    """One name over all releases.

    ``variants`` are pairs of an era and a signature, both by index; ``deprecated`` is the era in which the
    documentation calls it deprecated, and ``since`` the version that the documentation names.
    """

    kind: str
    variants: Sequence[Sequence[int]]
    deprecated: int = 0
    since: str = ""


class Data(NamedTuple):
    """The file. An era is a set of releases: a hexadecimal mask over ``releases``; era 0 is empty."""

    format: int
    language: str
    releases: list[Source]
    eras: list[str]
    signatures: list[str]
    symbols: dict[str, Symbol]


class Span(NamedTuple):
    """Consecutive known releases, both ends included; ``until`` is None where the newest still has it."""

    first: Release
    until: Release | None


class Surfaces:
    """All known releases of one language's API."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self._eras = [int(era, 16) for era in data.eras]
        self._masks: dict[str, int] = {}

    @cached_property
    def releases(self) -> dict[Flavour, list[Release]]:
        """The known releases of each flavour, oldest first."""
        known: dict[Flavour, list[Release]] = {flavour: [] for flavour in Flavour}
        for source in self.data.releases:
            known[Flavour(source.flavour)].append(source.release)
        return {flavour: sorted(releases, key=lambda release: release.version) for flavour, releases in known.items()}

    @cached_property
    def order(self) -> dict[Flavour, list[tuple[Release, int]]]:
        """The known releases of each flavour with their bits in a mask, oldest first."""
        return {flavour: [(one, self._index[one]) for one in known] for flavour, known in self.releases.items()}

    @cached_property
    def _index(self) -> dict[Release, int]:
        return {source.release: index for index, source in enumerate(self.data.releases)}

    def all(self) -> list[Surface]:
        """Every known release, by flavour, oldest first."""
        return [Surface(self, release, index) for order in self.order.values() for release, index in order]

    def find(self, release: Release) -> Surface | None:
        """The surface of a release: the newest that it covers, or one of which it is a more exact form."""
        known = self.releases[release.flavour]
        covered = [one for one in known if release.version.covers(one.version)]
        found = covered or [one for one in known if one.version.covers(release.version)]
        return Surface(self, found[-1], self._index[found[-1]]) if found else None

    def surface(self, release: Release) -> Surface:
        """As ``find``; raises UsageError, naming the nearest, where the release is not known."""
        found = self.find(release)
        if found is None:
            raise UsageError(
                f"{release}: its {self.data.language} API is not known here; {self._nearest(release)}; "
                "a newer release is added by: trt-matrix api refresh"
            )
        return found

    def _nearest(self, release: Release) -> str:
        known = self.releases[release.flavour]
        if not known:
            return "no release of that flavour is"
        below = [str(one.version) for one in known if one.version < release.version][-1:]
        above = [str(one.version) for one in known if release.version < one.version][:1]
        return f"the nearest known are {' and '.join(below + above)}"

    def mask(self, name: str) -> int:
        """The releases that have ``name``, as bits over ``data.releases``; inherited members count."""
        if name not in self._masks:
            self._masks[name] = self._mask(self.canonical(name))
        return self._masks[name]

    def _mask(self, name: str) -> int:
        symbol = self.data.symbols.get(name)
        own = self.own_mask(symbol) if symbol else 0
        owner, dot, member = name.rpartition(".")
        cls = self.data.symbols.get(owner) if dot else None
        if cls is None:
            return own
        for era, signature in cls.variants:
            for base in self._parents(cls.kind, signature):
                own |= self._eras[era] & self._mask(f"{base}.{member}")
        return own

    def deprecated_mask(self, name: str) -> int:
        """The releases whose documentation calls this very name deprecated; bases are not asked."""
        symbol = self.data.symbols.get(name)
        return self._eras[symbol.deprecated] if symbol else 0

    def own_mask(self, symbol: Symbol) -> int:
        """The releases in which a class has the member itself."""
        mask = 0
        for era, _ in symbol.variants:
            mask |= self._eras[era]
        return mask

    def _parents(self, kind: str, signature: int) -> list[str]:
        return self.data.signatures[signature].split(", ") if kind in ("class", "alias") and signature else []

    def canonical(self, name: str) -> str:
        """The name as the data have it: dots, no namespace, no call brackets."""
        name = name.strip().removesuffix("()").replace("::", ".")
        for prefix in ("tensorrt.", "tensorrt_rtx.", "trt.", "nvinfer1.", "nvonnxparser."):
            name = name.removeprefix(prefix)
        return name

    def life(self, name: str, flavour: Flavour = Flavour.TENSORRT) -> list[Span]:
        """The spans of known releases in which ``name`` lives; empty where it never did."""
        mask, spans, first = self.mask(name), list[Span](), None
        previous: Release | None = None
        for release in self.releases[flavour]:
            has = bool(mask >> self._index[release] & 1)
            if has and first is None:
                first = release
            elif not has and first is not None:
                spans.append(Span(first, previous))
                first = None
            previous = release
        if first is not None:
            spans.append(Span(first, None))
        return spans

    def since(self, name: str, flavour: Flavour = Flavour.TENSORRT) -> Release | None:
        """The first known release that has it."""
        mask = self.mask(name)
        return next((release for release, index in self.order[flavour] if mask >> index & 1), None)

    def gone_from(self, name: str, flavour: Flavour = Flavour.TENSORRT) -> Release | None:
        """The first known release after the last that had it; None where the newest has it, or none ever had."""
        mask, gone = self.mask(name), None
        for release, index in reversed(self.order[flavour]):
            if mask >> index & 1:
                return gone
            gone = release
        return None


class Surface:
    """The API of one release."""

    def __init__(self, surfaces: Surfaces, release: Release, index: int) -> None:
        self.surfaces = surfaces
        self.release = release
        self.index = index
        self._owners: dict[str, str] = {}

    @property
    def source(self) -> Source:
        return self.surfaces.data.releases[self.index]

    def has(self, name: str) -> bool:
        """True where this release has the name; a member that its class inherits counts."""
        return bool(self.surfaces.mask(name) >> self.index & 1)

    def names(self) -> Iterator[str]:
        """Every name of this release; inherited members stand with their own class."""
        return (name for name in self.surfaces.data.symbols if self._own(name))

    def kind(self, name: str) -> str:
        """``class``, ``enum``, ``method``, ``property``, ``member``, ...; empty where the release lacks it."""
        owner = self.owner(name)
        return self.surfaces.data.symbols[owner].kind if owner else ""

    def signature(self, name: str) -> str:
        """The overloads of a function, the type of a property, the bases of a class."""
        owner = self.owner(name)
        return self._signature(owner) if owner else ""

    def deprecated(self, name: str) -> str | None:
        """None where it is not deprecated; else the version that the documentation names, or an empty string."""
        owner = self.owner(name)
        if not owner:
            return None
        symbol = self.surfaces.data.symbols[owner]
        return symbol.since if self._in(symbol.deprecated) else None

    def members(self, cls: str) -> set[str]:
        """The members of a class, inherited ones included, without the class's name."""
        prefix = f"{cls}."
        own = {name.removeprefix(prefix) for name in self.names() if name.startswith(prefix)}
        return own.union(*(self.members(base) for base in self.bases(cls)))

    def bases(self, cls: str) -> list[str]:
        """The bases of a class that are TensorRT's own; the target of an alias."""
        return self._signature(cls).split(", ") if self._own(cls) and self._signature(cls) else []

    def owner(self, name: str) -> str:
        """The name under which the release has it: its own, or that of the base it is inherited from."""
        if name not in self._owners:
            self._owners[name] = self._find_owner(self.surfaces.canonical(name))
        return self._owners[name]

    def _find_owner(self, name: str) -> str:
        if self._own(name):
            return name
        cls, dot, member = name.rpartition(".")
        if not dot:
            return ""
        for base in self.bases(cls):
            found = self.owner(f"{base}.{member}")
            if found:
                return found
        return ""

    def _own(self, name: str) -> bool:
        symbol = self.surfaces.data.symbols.get(name)
        return symbol is not None and any(self._in(era) for era, _ in symbol.variants)

    def _in(self, era: int) -> bool:
        return bool(self.surfaces._eras[era] >> self.index & 1)

    def _signature(self, name: str) -> str:
        symbol = self.surfaces.data.symbols[name]
        signature = next((signature for era, signature in symbol.variants if self._in(era)), 0)
        return self.surfaces.data.signatures[signature]


@cache
def load(language: Language = Language.PYTHON) -> Surfaces:
    """The shipped surfaces; read once."""
    return Surfaces(read(FOLDER / f"{language.value}.json"))


def read(path: Path) -> Data:
    """Read a file of surfaces. Raises InputError where it is damaged or of another format."""
    try:
        data = _data(**json.loads(path.read_bytes()))
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{path}: API surfaces cannot be read ({error}); install trt-matrix again") from error
    if data.format != FORMAT:
        raise InputError(f"{path}: format {data.format} is not {FORMAT}; install trt-matrix again")
    return data


def _data(releases: list[Any], symbols: dict[str, list[Any]], **rest: Any) -> Data:
    sources = [Source(**one) for one in releases]
    return Data(releases=sources, symbols={name: Symbol(*symbol) for name, symbol in symbols.items()}, **rest)


def surface(release: Release, language: Language = Language.PYTHON) -> Surface:
    """The API of a release; raises UsageError where it is not known."""
    return load(language).surface(release)
