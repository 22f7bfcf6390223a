from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from harness.analysis.numbers import measure_of
from harness.analysis.steps import Step, jumps, steps
from harness.analysis.streaks import flaky, flips, streak
from harness.analysis.timelines import Night, Seen, Timeline, Track, tracks
from harness.evidence.records import Outcome
from tests import nights as made


def timeline(fields: Sequence[dict[str, Any]]) -> tuple[Timeline, list[Night]]:
    """One night for each entry; ``version`` moves the release."""
    columns, seen = [], []
    for day, given in enumerate(fields):
        given = dict(given)
        cell = made.cell(given.pop("version", "1.7.1"))
        columns.append(Night(day, made.run([], day, harness=given.pop("harness", "0.1.0")).run))
        seen.append(Seen(day, cell, made.case(**given)))
    return Timeline(Track("lane", ("x",)), "case", tuple(seen)), columns


def found(fields: Sequence[dict[str, Any]]) -> list[Step]:
    return steps(*timeline(fields))


def test_a_steady_case_has_no_step() -> None:
    assert found([{}] * 20) == []


def test_a_break_names_its_night_and_what_changed_with_it() -> None:
    (step,) = found([{"version": "1.6.1"}] * 5 + [{"version": "1.7.1", "outcome": "failed", "reason": "boom"}] * 5)
    assert (step.night, step.previous, step.worse, step.certain) == (5, 4, True, True)
    assert step.text == "passed → failed (boom)"
    assert step.with_it == ("release 1.6.1 → 1.7.1",)


def test_worse_weights_are_a_step_of_the_counts() -> None:
    good, bad = ({"audit": [made.audit(below)], "key": str(below), "steps_s": {"build": 1.0}} for below in (73, 128))
    told = found([good] * 6 + [bad] * 3)
    assert [step.text for step in told if step.name == "fp16.below_blobs"] == ["fp16.below_blobs 73 → 128 (+75.3%)"]
    assert {step.night for step in told} == {6}
    assert all(step.with_it == ("the model's weights (their own audit differs)",) for step in told)


def test_what_was_seen_once_is_not_certain() -> None:
    (step,) = found([{}] * 5 + [{"outcome": "failed"}])
    assert (step.night, step.certain) == (5, False)


def test_one_odd_night_is_no_step() -> None:
    assert found([{}] * 5 + [{"outcome": "failed"}] + [{}] * 5) == []


def test_a_new_warning_is_a_step() -> None:
    (step,) = found([{}] * 4 + [{"outcome": "warned", "findings": [made.finding("fp16-subnormal")]}] * 4)
    assert (step.name, step.night, step.worse) == ("fp16-subnormal", 4, True)


def test_nights_that_did_not_run_are_passed_over() -> None:
    (step,) = found([{}] * 3 + [{"outcome": "not-run"}] * 3 + [{"outcome": "failed"}] * 3)
    assert (step.previous, step.night) == (2, 6)


def test_a_number_is_compared_with_the_last_night_that_has_it() -> None:
    good = {"version": "1.6.1", "engine_bytes": 2_000_000}
    broken = {"version": "1.7.1", "outcome": "failed", "engine_bytes": None}
    told = found([good] * 6 + [broken] + [{"version": "1.7.1", "engine_bytes": 3_000_000}] * 4)
    (step,) = [each for each in told if each.name == "engine_bytes"]
    assert (step.previous, step.night) == (5, 7)
    assert step.with_it == ("release 1.6.1 → 1.7.1",)


@pytest.mark.parametrize("seed", range(10))
def test_a_level_change_in_noise_is_found_where_it_is(seed: int) -> None:
    chance = random.Random(seed)
    series = [1 + chance.gauss(0, 0.01) for _ in range(40)] + [1.3 + chance.gauss(0, 0.01) for _ in range(40)]
    assert [place for place, _ in jumps(series, measure_of("latency_ms"))] == [40]


@pytest.mark.parametrize("seed", range(10))
def test_noise_alone_is_no_step(seed: int) -> None:
    chance = random.Random(seed)
    series = [1 + chance.gauss(0, 0.01) for _ in range(200)]
    assert jumps(series, measure_of("latency_ms")) == []


def test_two_steps_are_two() -> None:
    series = [1.0] * 20 + [2.0] * 20 + [1.5] * 20
    assert [(place, each.worse) for place, each in jumps(series, measure_of("latency_ms"))] == [(20, True), (40, False)]


def test_tracks_follow_a_moving_release() -> None:
    one, two, three = (f"trtrtx{version}-cuda12.9-wheels" for version in ("1.5.0", "1.6.1", "1.7.1"))
    (track,) = tracks({one: [0, 1], two: [2, 3], three: [4]})
    assert (track.name, track.cells) == ("trtrtx-cuda12-wheels", (one, two, three))


def test_cells_of_one_night_are_side_by_side() -> None:
    one, two, three = (f"trtrtx{version}-cuda12.9-wheels" for version in ("1.5.0", "1.6.1", "1.7.1"))
    assert [track.cells for track in tracks({one: [0, 1], two: [0, 1, 2], three: [2]})] == [(one, three), (two,)]


def test_a_streak_passes_over_what_did_not_run() -> None:
    line, _ = timeline([{"outcome": o} for o in ("passed", "failed", "not-run", "failed", "not-run")])
    now = streak(line.seen)
    assert now is not None
    assert (now.outcome, now.since, now.nights) == (Outcome.FAILED, 1, 2)
    assert streak(timeline([{"outcome": "not-run"}])[0].seen) is None


def test_flaky_is_three_flips_with_the_same_inputs() -> None:
    outcomes = [{"outcome": o} for o in ("passed", "failed", "passed", "failed")]
    assert flaky(timeline(outcomes)[0].seen)
    changed = [fields | {"key": str(n)} for n, fields in enumerate(outcomes)]
    assert flips(timeline(changed)[0].seen) == 0
