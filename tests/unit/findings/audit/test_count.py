"""The counts against a plain reading of the definitions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.audit.count import BF16, FP16, Counts, Precision, Tally, fp8_e4m3
from harness.findings.audit.model import BlobAudit, FileAudit, PrecisionCount, records


def tally(numbers: npt.NDArray[np.float32], *precisions: Precision) -> Tally:
    found = Tally(precisions)
    found.add(numbers.view(np.uint32))
    return found


def plain(numbers: npt.NDArray[np.float32], normal: float, smallest: float, largest: float) -> Counts:
    with np.errstate(invalid="ignore"):  # a signalling NaN says so when it is converted
        size = np.abs(numbers.astype(np.float64))
    return Counts(
        subnormal=int(((size > 0) & (size < normal)).sum()),
        below=int(((size > 0) & (size < smallest)).sum()),
        overflow=int(((size > largest) & np.isfinite(size)).sum()),
    )


def test_all_half_values() -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    found = tally(halves.astype(np.float32), FP16)
    assert found.counts["fp16"] == Counts(subnormal=2 * 1023, below=0, overflow=0)
    assert (found.zeros, found.infinities, found.nans) == (2, 2, 2 * 1023)


def neighbours(precision: Precision) -> npt.NDArray[np.float32]:
    bits = [b + d for b in (precision.normal, precision.smallest, precision.largest) for d in (-1, 0, 1)]
    words = np.array(bits, np.uint32)
    return np.concatenate([words, words | np.uint32(0x80000000)]).view(np.float32)


@pytest.mark.parametrize(
    ("precision", "limits"),
    [
        (FP16, (2.0**-14, 2.0**-24, 65504.0)),
        (BF16, (2.0**-126, 2.0**-133, 3.3895313892515355e38)),
        (fp8_e4m3(0.5), (2.0**-7, 2.0**-10, 224.0)),
    ],
    ids=["fp16", "bf16", "fp8"],
)
def test_neighbours_of_each_threshold(precision: Precision, limits: tuple[float, float, float]) -> None:
    numbers = neighbours(precision)
    assert tally(numbers, precision).counts[precision.name] == plain(numbers, *limits)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_any_bits(words: list[int]) -> None:
    numbers = np.array(words, np.uint32).view(np.float32)
    found = tally(numbers, FP16, BF16)
    assert found.counts["fp16"] == plain(numbers, 2.0**-14, 2.0**-24, 65504.0)
    assert found.counts["bf16"] == plain(numbers, 2.0**-126, 2.0**-133, 3.3895313892515355e38)
    assert found.exponents.sum() == found.elements == len(words)
    assert found.nans == np.isnan(numbers).sum()


def test_a_record_counts_the_elements_of_all_blobs_by_exponent() -> None:
    def blob(name: str, zeros: int, exponents: dict[int, int]) -> BlobAudit:
        counts = {"fp16": PrecisionCount()}
        return BlobAudit(
            name=name,
            shape=[9],
            dtype="float32",
            elements=9,
            zeros=zeros,
            infinities=0,
            nans=0,
            counts=counts,
            exponents=exponents,
        )

    audit = FileAudit(file="m", precisions=["fp16"], blobs=[blob("a", 1, {0: 4, -14: 4}), blob("b", 2, {-14: 7})])
    (record,) = records(audit)
    assert list(record.exponents.items()) == [("-14", 11), ("0", 4), ("zero", 3)]
