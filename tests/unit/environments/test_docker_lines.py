from __future__ import annotations

from harness.environments.lines import LONGEST, Lines


def fed(*pieces: bytes, limit: int = 1 << 30) -> tuple[list[str], Lines]:
    got: list[str] = []
    lines = Lines(got.append, limit)
    for piece in pieces:
        lines.feed(piece)
    lines.close()
    return got, lines


def test_lines_cross_pieces() -> None:
    assert fed(b"on", b"e\r\ntw", b"o\n\nlast")[0] == ["one", "two", "", "last"]


def test_bytes_that_are_no_text() -> None:
    assert fed(b"\xff\n")[0] == ["\ufffd"]


def test_an_endless_line_is_cut() -> None:
    got, _ = fed(*[b"x" * 50_000] * 10, b"\nnext\n")
    assert got[0] == "x" * LONGEST + " [cut]"
    assert got[1:] == ["next"]


def test_past_the_limit_nothing_is_handed_on() -> None:
    got, lines = fed(b"one\n" * 10, b"two\n" * 10, limit=40)
    assert got == ["one"] * 10
    assert lines.flooded


def test_the_limit_itself_is_no_flood() -> None:
    assert not fed(b"one\n", limit=4)[1].flooded
