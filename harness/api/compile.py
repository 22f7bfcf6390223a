"""Put walked releases together into the compact file that ``harness.support.surfaces`` reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.support.surfaces import FORMAT, Data, Language, Source, Surface, Surfaces, Symbol

# name -> kind, signature, deprecated (None, or the version that the documentation names)
Facts = Mapping[str, tuple[str, str, str | None]]


def build(language: Language, walks: Sequence[tuple[Source, Facts]]) -> Data:
    """One ``Data`` of several walked releases, oldest first, independent of the order given."""
    walks = sorted(walks, key=lambda walk: (walk[0].flavour, walk[0].release.version))
    variants: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    deprecated: dict[str, int] = defaultdict(int)
    since: dict[str, str] = {}
    for index, (_, facts) in enumerate(walks):
        for name, (kind, signature, version) in facts.items():
            variants[name][kind, signature] |= 1 << index
            if version is not None:
                deprecated[name] |= 1 << index
                since[name] = version or since.get(name, "")
    eras, signatures = _Table("0"), _Table("")
    symbols = {
        name: Symbol(
            _kind(variants[name]),
            [[eras.index(f"{mask:x}"), signatures.index(signature)] for (_, signature), mask in variants[name].items()],
            eras.index(f"{deprecated[name]:x}"),
            since.get(name, ""),
        )
        for name in sorted(variants)
    }
    return Data(FORMAT, language.value, [source for source, _ in walks], eras.rows, signatures.rows, symbols)


def facts_of(surface: Surface) -> Facts:
    """The facts of one release, as a walk gave them."""
    symbols = surface.surfaces.data.symbols
    return {name: (symbols[name].kind, surface.signature(name), surface.deprecated(name)) for name in surface.names()}


def merge(data: Data, walks: Sequence[tuple[Source, Facts]]) -> Data:
    """Add walked releases to ``data``; one that is already there is replaced."""
    surfaces = Surfaces(data)
    new = {source.release for source, _ in walks}
    kept = [
        (source, facts_of(surfaces.surface(source.release))) for source in data.releases if source.release not in new
    ]
    return build(Language(data.language), [*kept, *walks])


def write(data: Data, path: Path) -> None:
    """Write one symbol a line, so that a change can be reviewed; whole or not at all."""
    head = {**data._asdict(), "releases": [source._asdict() for source in data.releases]}
    symbols: dict[str, Symbol] = head.pop("symbols")
    lines = [f"{_json(name)}:{_json(symbol)}" for name, symbol in symbols.items()]
    fields = [f"{_json(name)}:{_rows(value)}" for name, value in head.items()]
    text = "{" + ",\n".join(fields) + ',\n"symbols":{\n' + ",\n".join(lines) + "\n}}\n"
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


class _Table:
    """Strings by number."""

    def __init__(self, first: str) -> None:
        self.rows = [first]
        self._numbers = {first: 0}

    def index(self, row: str) -> int:
        if row not in self._numbers:
            self._numbers[row] = len(self.rows)
            self.rows.append(row)
        return self._numbers[row]


def _kind(variants: Mapping[tuple[str, str], int]) -> str:
    """The kind in the newest release that has the name."""
    return max(variants, key=lambda variant: variants[variant])[0]


def _rows(value: object) -> str:
    if isinstance(value, list) and len(value) > 1:
        return "[\n" + ",\n".join(_json(row) for row in value) + "\n]"
    return _json(value)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
