"""Counts in weights what a lower precision cannot hold. Exact: thresholds are compared as bits of FP32.

One histogram of the 8-bit exponents answers nearly everything: FP16's and BF16's subnormal ranges begin at powers
of two. What falls inside one power of two is compared only where the histogram says that some are there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
Histogram = npt.NDArray[np.int64]

# Elements at a time: 512 kB of FP32 and their temporaries stay in the cache.
CHUNK = 128 * 1024
# Once less than 1/2^6 of a chunk is left, the rest is picked out and counted.
_RARE = 6
# Used again for each chunk: fresh memory of this size would cost more than the counting.
_SHIFTED = np.empty(CHUNK, np.uint32)
_BIASED = np.empty(CHUNK, np.uint8)
_FLAGS = np.empty(CHUNK, np.bool_)
_MAGNITUDE = np.uint32(0x7FFFFFFF)


@dataclass(frozen=True, slots=True)
class Precision:
    """A floating-point format, by what becomes of an FP32 number's magnitude. Bits of FP32 numbers.

    Below ``normal`` it is subnormal, below ``smallest`` it is below the smallest subnormal; above
    ``largest`` it overflows.
    """

    name: str
    normal: int
    smallest: int
    largest: int


def _bits(number: float) -> int:
    return int(np.float32(number).view(np.uint32))


FP16 = Precision("fp16", normal=_bits(2.0**-14), smallest=_bits(2.0**-24), largest=_bits(65504.0))
BF16 = Precision("bf16", normal=_bits(2.0**-126), smallest=_bits(2.0**-133), largest=0x7F7F0000)
PRECISIONS = {precision.name: precision for precision in (FP16, BF16)}


def fp8_e4m3(scale: float) -> Precision:
    """FP8 E4M3 as TensorRT stores ``weight / scale``: largest 448, smallest normal 2^-6, smallest subnormal 2^-9."""
    return Precision(
        "fp8",
        normal=_bits(scale * 2.0**-6),
        smallest=_bits(scale * 2.0**-9),
        largest=_bits(scale * 448.0),
    )


@dataclass(slots=True)
class Counts:
    """Of one precision. ``subnormal`` counts all of 0 < |w| < smallest normal, those ``below`` included."""

    subnormal: int = 0
    below: int = 0
    overflow: int = 0


@dataclass(slots=True)
class Tally:
    """What is counted of one blob. ``exponents[e]`` is the number of elements with the biased exponent ``e``."""

    precisions: tuple[Precision, ...]
    elements: int = 0
    zeros: int = 0
    infinities: int = 0
    exponents: Histogram = field(default_factory=lambda: np.zeros(256, np.int64))
    # Of thresholds inside a power of two: how many elements of that exponent are below.
    inside: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = (limit for each in self.precisions for limit in (each.normal, each.smallest, each.largest + 1))
        self.inside = {limit: 0 for limit in limits if limit & 0x7FFFFF}

    @property
    def nans(self) -> int:
        return int(self.exponents[255]) - self.infinities

    @property
    def counts(self) -> dict[str, Counts]:
        return {precision.name: self._count(precision) for precision in self.precisions}

    def add(self, words: Words) -> None:
        """Count FP32 numbers given as their bits; any length, one dimension."""
        for start in range(0, words.size, CHUNK):
            self._add(words[start : start + CHUNK])

    def _add(self, words: Words) -> None:
        part = exponents(words)
        self.exponents += part
        self.elements += words.size
        if part[0]:
            self.zeros += int(part[0]) - int(np.count_nonzero(_of(0, words)))
        if part[255]:
            self.infinities += int(np.count_nonzero(_of(255, words) == 0x7F800000))
        for limit in self.inside:
            if part[limit >> 23]:
                self.inside[limit] += int(np.count_nonzero(_of(limit >> 23, words) < limit))

    def _below(self, limit: int) -> int:
        """How many magnitudes are smaller, zeros included."""
        return int(self.exponents[: limit >> 23].sum()) + self.inside.get(limit, 0)

    def _count(self, precision: Precision) -> Counts:
        finite = int(self.exponents[:255].sum())
        return Counts(
            subnormal=self._below(precision.normal) - self.zeros,
            below=self._below(precision.smallest) - self.zeros,
            overflow=max(0, finite - self._below(precision.largest + 1)),
        )


def _of(exponent: int, words: Words) -> Words:
    """The magnitudes of one exponent of the words that ``exponents`` has just counted."""
    magnitudes: Words = words[_BIASED[: words.size] == exponent] & _MAGNITUDE
    return magnitudes


def exponents(words: Words) -> Histogram:
    """Number of elements of each biased exponent.

    Weights use some twenty exponents. Comparing with each in turn runs in vector units, and is several times as
    fast as ``numpy.bincount``, whose additions to the same few bins wait for one another.
    """
    histogram = np.zeros(256, np.int64)
    size = words.size
    biased, flags = _BIASED[:size], _FLAGS[:size]
    np.right_shift(words, np.uint32(23), out=_SHIFTED[:size])
    # Without the sign: the conversion to 8 bits cuts it off.
    np.copyto(biased, _SHIFTED[:size], casting="unsafe")
    left = size
    exponent = int(biased.max(initial=0))
    while left > size >> _RARE:
        np.equal(biased, exponent, out=flags)
        number = int(np.count_nonzero(flags))
        histogram[exponent] = number
        left -= number
        exponent -= 1
    if left:
        histogram += np.bincount(biased[biased <= exponent], minlength=256)
    return histogram
