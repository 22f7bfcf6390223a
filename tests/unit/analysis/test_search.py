from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.search import Memory, Report, Result, expected_probes, search

Oracle = Callable[[str], Result]


def points(number: int) -> list[str]:
    return [f"r{at:03}" for at in range(number)]


def drive(
    names: Sequence[str], oracle: Oracle, memory: Memory | None = None, *, whole: bool = False
) -> tuple[Report, list[str]]:
    """Run a search to its end; its report, and what it probed."""
    asked: list[str] = []
    machine = search(names, memory or Memory(), whole=whole)
    try:
        point = next(machine)
        while True:
            asked.append(point)
            point = machine.send(oracle(point))
    except StopIteration as end:
        return end.value, asked


def monotonic(first_bad: int) -> Oracle:
    return lambda point: Result.BAD if int(point[1:]) >= first_bad else Result.GOOD


@settings(deadline=None)
@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n - 1))))
def test_finds_the_first_bad_in_few_probes(sizes: tuple[int, int]) -> None:
    number, first_bad = sizes
    report, asked = drive(points(number), monotonic(first_bad))
    (change,) = report.changes
    assert (change.first, change.last, change.to) == (f"r{first_bad:03}", f"r{first_bad - 1:03}", Result.BAD)
    assert report.monotonic
    assert len(asked) <= expected_probes(number)


def test_finds_the_first_good() -> None:
    report, _ = drive(points(20), lambda point: Result.GOOD if int(point[1:]) >= 13 else Result.BAD)
    (change,) = report.changes
    assert (change.first, change.to) == ("r013", Result.GOOD)


@settings(deadline=None)
@given(st.data())
def test_steps_round_points_that_cannot_run(data: st.DataObject) -> None:
    number = data.draw(st.integers(4, 40))
    first_bad = data.draw(st.integers(1, number - 1))
    holes = data.draw(st.sets(st.integers(0, number - 1), max_size=number // 2))

    def oracle(point: str) -> Result:
        return Result.SKIPPED if int(point[1:]) in holes else monotonic(first_bad)(point)

    report, _ = drive(points(number), oracle)
    runs = [at for at in range(number) if at not in holes]
    bad, good = [at for at in runs if at >= first_bad], [at for at in runs if at < first_bad]
    if bad and good:
        (change,) = report.changes
        assert (change.first, change.last) == (f"r{bad[0]:03}", f"r{good[-1]:03}")
        assert {int(point[1:]) for point in change.between} <= holes
    else:
        assert report.changes == ()


def test_a_bad_island_is_told_with_the_whole_series() -> None:
    report, _ = drive(points(12), lambda point: Result.BAD if point in ("r005", "r006") else Result.GOOD)
    assert not report.monotonic
    assert report.whole
    assert [(change.first, change.to) for change in report.changes] == [("r005", Result.BAD), ("r007", Result.GOOD)]
    assert len(report.verdicts) == 12


def test_an_island_met_on_the_way_is_not_trusted() -> None:
    bad = {"r007", "r014", "r015"}
    report, _ = drive(points(16), lambda point: Result.BAD if point in bad else Result.GOOD, whole=True)
    assert [change.first for change in report.changes] == ["r007", "r008", "r014"]


def test_never_bad_is_no_change() -> None:
    report, asked = drive(points(5), lambda _: Result.GOOD)
    assert report.changes == ()
    assert sorted(asked) == points(5)


def test_nothing_that_runs_is_no_change() -> None:
    report, _ = drive(points(4), lambda _: Result.SKIPPED)
    assert report.changes == ()
    assert set(report.verdicts.values()) == {Result.SKIPPED}


def flaky(first_bad: int, share: float, seed: int) -> Oracle:
    """Tells the truth but for a share of the probes."""
    chance = random.Random(seed)
    other = {Result.GOOD: Result.BAD, Result.BAD: Result.GOOD}

    def oracle(point: str) -> Result:
        truth = monotonic(first_bad)(point)
        return other[truth] if chance.random() < share else truth

    return oracle


def right_of(searches: int, share: float, *, distrust: bool) -> tuple[int, int]:
    """How many searches named the right point, and how many noticed that results contradict."""
    right = noticed = 0
    for seed in range(searches):
        first_bad = 1 + seed % 19
        report, _ = drive(points(20), flaky(first_bad, share, seed), Memory(distrust=distrust))
        right += [change.first for change in report.changes] == [f"r{first_bad:03}"]
        noticed += bool(report.flaky)
    return right, noticed


def test_a_fifth_of_wrong_results_is_overcome_where_it_is_known() -> None:
    right, _ = right_of(200, 0.2, distrust=True)
    assert right >= 190


def test_a_fifth_of_wrong_results_is_mostly_overcome_unawares() -> None:
    right, noticed = right_of(200, 0.2, distrust=False)
    assert right >= 160
    assert noticed >= 140


def test_what_is_remembered_is_not_probed_again() -> None:
    memory = Memory()
    first, _ = drive(points(30), monotonic(17), memory)
    again, asked = drive(points(30), monotonic(17), memory)
    assert again == first
    # The neighbours are confirmed once more, as in every search.
    assert set(asked) <= {"r016", "r017"}


def test_what_ran_elsewhere_stays_known_where_nothing_can_run() -> None:
    memory = Memory({"r000": [Result.BAD], "r002": [Result.GOOD]})
    report, asked = drive(points(3), lambda _: Result.SKIPPED, memory)
    (change,) = report.changes
    assert (change.last, change.first, change.to) == ("r000", "r002", Result.GOOD)
    assert report.verdicts["r001"] is Result.SKIPPED
    assert len(asked) <= 3


@pytest.mark.parametrize("stop_after", range(1, 8))
def test_a_stopped_search_goes_on_where_it_was(stop_after: int) -> None:
    memory = Memory()
    machine = search(points(30), memory)
    point = next(machine)
    for _ in range(stop_after):
        point = machine.send(monotonic(17)(point))
    machine.close()
    before = sum(map(len, memory.results.values()))
    report, asked = drive(points(30), monotonic(17), memory)
    assert report.changes[0].first == "r017"
    assert before + len(asked) <= expected_probes(30) + 3


def test_one_point_needs_one_probe() -> None:
    report, asked = drive(["only"], lambda _: Result.BAD)
    assert asked == ["only"]
    assert report.changes == ()


def test_says_beforehand_how_many() -> None:
    assert [expected_probes(number) for number in (1, 3, 9, 17)] == [1, 5, 7, 8]
