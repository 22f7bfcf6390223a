"""What every reader gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class LazyWeights(Mapping[str, Array]):
    """Tensors by name, each read on access. ``flat``: the format keeps no shapes, so all are of one dimension."""

    path: Path
    readers: Mapping[str, Callable[[], Array]]
    flat: bool = False

    def __getitem__(self, name: str) -> Array:
        return self.readers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.readers)

    def __len__(self) -> int:
        return len(self.readers)
