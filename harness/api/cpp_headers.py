"""Headers that a file includes: whether they are still there, and still bring what the file takes from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.api.cpp_tokens import Token
from harness.api.judge import Finding, Level
from harness.support.surfaces import Surface, Surfaces
from harness.versions import Release

_USE = "#include <NvInfer.h>, which brings all of it"


def is_header(name: str, surfaces: Surfaces) -> bool:
    """True where some release has a header of that name."""
    symbol = surfaces.data.symbols.get(name)
    return symbol is not None and symbol.kind == "header"


def unbrought(
    file: str,
    tokens: list[Token],
    header: Token,
    targets: Sequence[Surface],
    surfaces: Surfaces,
) -> Iterator[Finding]:
    """Classes that ``header``, the only one of TensorRT's that the file is seen to include, no longer defines.

    It is likely, not certain: another file that is included, here or before this one, may bring them.
    """
    brought = {target.release: _brought(header.text, target) for target in _all(surfaces)}
    ever = set[str]().union(*brought.values())
    wanted = {token.text for token in tokens if token.text in ever}
    lost: dict[str, list[Release]] = {}
    for target in targets:
        gone = sorted(name for name in wanted - brought[target.release] if target.has(name))
        if brought[target.release] and gone:
            lost.setdefault(", ".join(gone), []).append(target.release)
    for names, releases in lost.items():
        message = f"header {header.text} alone does not bring {names} any more"
        end = header.column + len(header.text)
        yield Finding(
            file, header.line, header.column, end, header.text, Level.LIKELY, message, None, _USE, "", tuple(releases)
        )


def _all(surfaces: Surfaces) -> Iterator[Surface]:
    return (surfaces.surface(release) for releases in surfaces.releases.values() for release in releases)


def _brought(header: str, target: Surface) -> set[str]:
    """The classes that a header defines, itself or by what it includes; empty where that was not walked."""
    return set(filter(None, target.signature(header).split(", ")))
