from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from harness.history import digests
from harness.history.digests import Digests

AN_HOUR_AGO = 1_700_000_000_000_000_000


def write(path: Path, text: str, when: int = AN_HOUR_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(when, when))


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    write(folder / "events.jsonl", "{}")
    write(folder / "deep/er.log", "log")
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose content was asked for."""
    asked: list[str] = []

    def counted(path: Path) -> str:
        asked.append(path.name)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(digests, "digest_of_file", counted)
    return asked


def ask(memory: Path, folder: Path) -> bytes | None:
    made = Digests(memory)
    digest = made.of_folder(folder)
    made.keep()
    return digest


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, evidence: Path, read: list[str]) -> None:
    first = ask(tmp_path / "memory", evidence)
    assert sorted(read) == ["er.log", "events.jsonl"]
    assert ask(tmp_path / "memory", evidence) == first
    assert len(read) == 2


def test_evidence_that_is_linked_elsewhere_is_the_same(tmp_path: Path, evidence: Path, read: list[str]) -> None:
    first = ask(tmp_path / "memory", evidence)
    again = tmp_path / "next run" / "case"
    for path in ("events.jsonl", "deep/er.log"):
        (again / path).parent.mkdir(parents=True, exist_ok=True)
        (again / path).hardlink_to(evidence / path)
    assert ask(tmp_path / "memory", again) == first
    assert len(read) == 2


@pytest.mark.parametrize("change", ["content", "time", "name", "one more"])
def test_a_change_is_noticed(tmp_path: Path, evidence: Path, change: str) -> None:
    first = ask(tmp_path / "memory", evidence)
    log = evidence / "deep/er.log"
    if change == "content":
        write(log, "longer log")
    elif change == "time":
        write(log, "goL", AN_HOUR_AGO + 1)
    elif change == "name":
        log.rename(log.with_name("err.log"))
    else:
        write(evidence / "more", "")
    changed = ask(tmp_path / "memory", evidence)
    assert changed != first
    assert changed == Digests().of_folder(evidence)


def test_what_changed_just_now_is_not_remembered(tmp_path: Path, evidence: Path, read: list[str]) -> None:
    (evidence / "new").write_text("written by a probe that may still run")
    ask(tmp_path / "memory", evidence)
    ask(tmp_path / "memory", evidence)
    assert len(read) == 6


def test_nothing_is_no_digest_and_links_are_not_followed(tmp_path: Path, evidence: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "link").symlink_to(evidence / "events.jsonl")
    (empty / "folder").symlink_to(evidence)
    assert Digests().of_folder(empty) is None
    assert Digests().of_folder(tmp_path / "absent") is None


def test_a_damaged_memory_is_none(tmp_path: Path, evidence: Path) -> None:
    (tmp_path / "memory").write_bytes(b"\xc1 no")
    assert ask(tmp_path / "memory", evidence) == Digests().of_folder(evidence)
