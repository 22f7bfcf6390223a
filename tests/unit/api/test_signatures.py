from __future__ import annotations

import pytest

from harness.api.signatures import accepts, breaks_callers, overloads, returns

_TWO = "(self, network: INetworkDefinition, config: IBuilderConfig) -> IHostMemory | (self, network: X) -> None"


def test_reads_overloads_and_what_they_return() -> None:
    assert [len(one.parameters) for one in overloads(_TWO)] == [2, 1]
    assert returns(_TWO) == {"IHostMemory", "None"}


def test_reads_unions_inside_an_overload() -> None:
    (one,) = overloads("(self, flags: int | None = None, names: Dict[str, int] = {'a': 1}) -> List[str]")
    assert [(part.name, part.optional) for part in one.parameters] == [("flags", True), ("names", True)]


@pytest.mark.parametrize(
    ("positional", "keywords", "fits"),
    [(0, (), False), (1, (), True), (2, (), True), (3, (), False), (1, ("config",), True), (1, ("flags",), False)],
)
def test_calls_fit_by_number_and_by_keyword(positional: int, keywords: tuple[str, ...], fits: bool) -> None:
    assert accepts(_TWO, positional, frozenset(keywords)) is fits


@pytest.mark.parametrize("signature", ["", "(*args, **kwargs)", "DataType"])
def test_what_is_not_known_accepts_everything(signature: str) -> None:
    assert accepts(signature, 7, frozenset({"x"}))


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("(self, a: int) -> None", "(self, a: int, b: int = 0) -> None", False),
        ("(self, a: int) -> None", "(self, a: int, b: int) -> None", True),
        ("(self, a: int, b: int = 1)", "(self, a: int)", True),
        ("(self, a: int)", "(self, c: int)", True),
        ("(self, arg0: int)", "(self, index: int)", False),
        ("(self, a: int = 0, b: int)", "(self, a: int = 0, b: int)", False),
        ("(self, a: int)", "", False),
    ],
)
def test_tells_which_changes_break_callers(before: str, after: str, breaks: bool) -> None:
    assert breaks_callers(before, after) is breaks
