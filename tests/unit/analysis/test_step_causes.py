from __future__ import annotations

from harness.analysis.step_causes import changes, together
from harness.analysis.steps import Step

RELEASE = ("release 1.6.1 → 1.7.1",)


def step(name: str, case: str = "a", *, night: int = 5, worse: bool = True, with_it: tuple[str, ...] = RELEASE) -> Step:
    words = f"{name} of {case}" if name != "outcome" else "passed → failed"
    return Step("lane", "cell", case, night, night - 1, name, words, worse, True, with_it)


def test_numbers_that_moved_in_the_same_cases_are_one_line() -> None:
    (cause,) = together([step(name, case) for case in "ab" for name in ("below", "subnormal")])
    (moved,) = cause.moved
    assert moved.texts == ("below of a", "subnormal of a")
    assert [[each.text for each in steps] for steps in moved.cases[1:]] == [["below of b", "subnormal of b"]]
    assert (cause.cases, changes([cause])) == (2, 1)


def test_one_cause_holds_what_it_did_to_different_cases_the_worst_first() -> None:
    found = [*(step("engine_bytes", case, worse=False) for case in "abc"), step("outcome", "d")]
    (cause,) = together(found)
    assert [moved.first.name for moved in cause.moved] == ["outcome", "engine_bytes"]
    assert cause.worse
    assert (cause.cases, changes([cause])) == (4, 2)


def test_what_has_no_suspect_is_one_cause_only_for_the_same_cases() -> None:
    found = [step("latency_ms", "a", with_it=()), step("build", "a", with_it=()), step("latency_ms", "b", with_it=())]
    assert [cause.cases for cause in together(found)] == [2, 1]
    found = [step(name, "a", with_it=()) for name in ("latency_ms", "build")]
    assert len(together(found)) == 1


def test_the_newest_night_comes_first_and_worse_before_told() -> None:
    found = [step("x", night=3), step("y", night=7, worse=False, with_it=("driver 1 → 2",)), step("z", night=7)]
    assert [(cause.night, cause.worse) for cause in together(found)] == [(7, True), (7, False), (3, True)]
