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

# Elements at a time: 256 kB of FP32 and their temporaries stay in the cache.
CHUNK = 256 * 1024
# Once less than 1/2^6 of a chunk is left, the rest is picked out and counted.
_RARE = 6
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

    def add(self, other: Counts) -> None:
        self.subnormal += other.subnormal
        self.below += other.below
        self.overflow += other.overflow

    def __bool__(self) -> bool:
        return bool(self.subnormal or self.overflow)


@dataclass(slots=True)
class Tally:
    """What is counted of one blob. ``exponents[e]`` is the number of elements with the biased exponent ``e``."""

    precisions: tuple[Precision, ...]
    elements: int = 0
    zeros: int = 0
    infinities: int = 0
    nans: int = 0
    exponents: Histogram = field(default_factory=lambda: np.zeros(256, np.int64))
    counts: dict[str, Counts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = {precision.name: Counts() for precision in self.precisions}

    def add(self, words: Words) -> None:
        """Count FP32 numbers given as their bits; any length, one dimension."""
        for start in range(0, words.size, CHUNK):
            self._add(words[start : start + CHUNK])

    def _add(self, words: Words) -> None:
        part = exponents(words)
        self.exponents += part
        self.elements += words.size
        magnitude = _Lazy(words)
        zeros = int(part[0]) and words.size - int(np.count_nonzero(magnitude.bits))
        self.zeros += zeros
        if part[255]:
            infinite = int(np.count_nonzero(magnitude.bits == 0x7F800000))
            self.infinities += infinite
            self.nans += int(part[255]) - infinite
        for precision in self.precisions:
            self.counts[precision.name].add(_count(precision, part, zeros, magnitude))


class _Lazy:
    """The magnitudes of a chunk, taken only where the histogram does not answer."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._bits: Words | None = None

    @property
    def bits(self) -> Words:
        if self._bits is None:
            self._bits = self._words & _MAGNITUDE
        return self._bits

    def below(self, threshold: int, part: Histogram) -> int:
        """How many magnitudes are smaller, zeros included."""
        exponent, mantissa = threshold >> 23, threshold & 0x7FFFFF
        smaller = int(part[:exponent].sum())
        if mantissa and part[exponent]:
            return int(np.count_nonzero(self.bits < threshold))
        return smaller


def exponents(words: Words) -> Histogram:
    """Number of elements of each biased exponent.

    Weights use some twenty exponents. Comparing with each in turn runs in vector units, and is several times as
    fast as ``numpy.bincount``, whose additions to the same few bins wait for one another.
    """
    histogram = np.zeros(256, np.int64)
    # Without the sign: the conversion to 8 bits cuts it off.
    biased = (words >> np.uint32(23)).astype(np.uint8)
    left = words.size
    exponent = int(biased.max(initial=0))
    while left > words.size >> _RARE:
        number = int(np.count_nonzero(biased == exponent))
        histogram[exponent] = number
        left -= number
        exponent -= 1
    if left:
        histogram += np.bincount(biased[biased <= exponent], minlength=256)
    return histogram


def _count(precision: Precision, part: Histogram, zeros: int, magnitude: _Lazy) -> Counts:
    finite = int(part[:255].sum())
    return Counts(
        subnormal=magnitude.below(precision.normal, part) - zeros,
        below=magnitude.below(precision.smallest, part) - zeros,
        overflow=max(0, finite - magnitude.below(precision.largest + 1, part)),
    )
