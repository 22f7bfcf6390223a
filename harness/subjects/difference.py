"""How far two tensors are apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Difference:
    """One tensor against another. ``worst`` is the index of the largest absolute error."""

    cosine: float
    largest: float
    mean: float
    worst: tuple[int, ...]
    value: float
    expected: float
    not_finite: int


def difference(value: Floats, expected: Floats, where: Mask | None = None) -> Difference:
    """Compare two tensors of one shape, or their elements ``where`` alone.

    Elements that are not finite in either count as such and are left out.
    """
    finite = np.isfinite(value) & np.isfinite(expected)
    strange = ~finite if where is None else where & ~finite
    finite = finite if where is None else where & finite
    a, b = np.where(finite, value, 0).astype(np.float64), np.where(finite, expected, 0).astype(np.float64)
    errors = np.abs(a - b)
    worst = np.unravel_index(int(errors.argmax()), errors.shape)
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return Difference(
        cosine=float(np.vdot(a, b)) / norms if norms else float(not errors.any()),
        largest=float(errors.max()),
        mean=float(errors.sum() / max(int(finite.sum()), 1)),
        worst=tuple(int(place) for place in worst),
        value=float(value[worst]),
        expected=float(expected[worst]),
        not_finite=int(strange.sum()),
    )
