"""Numbers and names as they stand in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST = 3
# The end of a reason of the probe's, as in ``no layer is BFloat16 (layers: 137 Float, 1 unknown)``.
_LAYERS = re.compile(r" \(layers: [^()]*\)$")


def number(count: int, noun: str) -> str:
    """``1 case``, ``1,234 cases``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(words: Iterable[str], plural: str = "", most: int | None = _MOST) -> str:
    """Each word once: ``a, b and c``. Where more than one is beyond ``most``: ``a, b, c and 2 others``.

    With a ``plural`` such as ``models`` it ends in ``and 2 other models``.
    """
    names = list(dict.fromkeys(words))
    more = 0 if most is None else len(names) - most
    if more > 1:
        return f"{', '.join(names[:most])} and {more} other{f' {plural}' if plural else 's'}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def ending(reason: str) -> str:
    """A case's reason without the engine's layers, which differ from network to network: the same for one cause."""
    return _LAYERS.sub("", reason)
