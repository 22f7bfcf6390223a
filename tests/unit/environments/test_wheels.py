from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments import uv, wheels
from harness.environments.tokens import Account
from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell, EnvironmentKind
from harness.support import wheel_sets
from harness.versions import Release

RTX = Cell(Release.parse("tensorrt-rtx 1.7.1"), "12.9", None, "host", EnvironmentKind.WHEELS, "wheels")


@pytest.mark.parametrize("version", ["1.5.0", "1.6.1", "1.7.1"])
@pytest.mark.parametrize("cuda", ["12.9", "13.0"])
def test_the_six_sets_are_known(version: str, cuda: str) -> None:
    cell = replace(RTX, release=Release.parse(f"tensorrt-rtx {version}"), cuda=cuda)
    assert wheels.cost(cell, Path("/nowhere")).download_bytes > 100_000_000  # type: ignore[operator]


def test_every_requirement_is_pinned_by_hash() -> None:
    for known in wheel_sets.wheel_sets():
        text = wheels.requirements(known)
        assert text.count("==") <= text.count("--hash=sha256:")
        assert "://" not in text


def test_digest_differs_by_content() -> None:
    other = replace(RTX, cuda="13.0")
    assert wheels.digest(RTX) == wheels.digest(replace(RTX, required=True))
    assert wheels.digest(RTX) != wheels.digest(other)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cuda": "11.8"}, "wheels for CUDA 12 and 13, not for 11.8"),
        ({"release": Release.parse("8.6.1")}, "has tensorrt 8.6.1 as wheels"),
        ({"python": "3.6"}, "Python 3.6 is not installed"),
    ],
)
def test_missing_says_why(changes: dict[str, object], words: str) -> None:
    assert re.search(words, wheels.missing(replace(RTX, **changes)))  # type: ignore[arg-type]


def test_unknown_release_cannot_be_provisioned(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match=r"has tensorrt 8\.6\.1 as wheels"):
        wheels.provision(replace(RTX, release=Release.parse("8.6.1")), tmp_path, lambda _: None)


def test_uv_words_are_condensed() -> None:
    lines = ["Using Python 3.11", "error: Failed to fetch: `x`", "  × No solution found", "  ╰─▶ because of that"]
    assert uv.condense(lines) == "Failed to fetch: `x` No solution found because of that"


def test_tokens_of_a_killed_probe_come_back(tmp_path: Path) -> None:
    fifo = tmp_path / "tokens"
    os.mkfifo(fifo)
    file = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    account = Account(fifo)
    account.hear('{"t": "", "event": "tokens", "held": 2}')
    account.hear('not json "tokens"')
    account.settle()
    account.settle()
    assert os.read(file, 10) == b"++"
    os.close(file)
