from __future__ import annotations

import pytest

from harness.analysis.timelines import Night, Seen, Timeline, Track
from harness.report.dashboard_data import Row, row
from harness.report.night_plot import outcomes_by_night, totals
from tests import nights as made

Shown = tuple[list[Row], list[Night]]


def shown(*cases: str) -> Shown:
    """Each case's outcomes by night."""
    names = {"p": "passed", "f": "failed", "w": "warned", "x": "crashed", "n": "not-run"}
    nights = [Night(day, made.run([], day).run) for day in range(len(cases[0]))]
    rows = []
    for number, codes in enumerate(cases):
        seen = [Seen(day, made.cell(), made.case(outcome=names[code])) for day, code in enumerate(codes) if code != "."]
        rows.append(row(Timeline(Track("lane", ("x",)), f"case{number}", tuple(seen)), nights))
    return rows, nights


def test_totals_count_the_cases_of_a_night_by_outcome() -> None:
    assert totals(*shown("ppf", "pwf", ".pn")) == {"f": [0, 0, 2], "w": [0, 1, 0], "p": [2, 2, 0], "n": [0, 0, 1]}


def test_the_broken_have_a_scale_of_their_own() -> None:
    broken, everything = outcomes_by_night(*shown("ppf", "ppx", "ppp"), []).panels
    assert (broken.most, everything.most) == (2, 3)
    assert [layer.outcome for layer in broken.layers] == ["failed", "crashed"]
    assert broken.layers[0].path == "M2.08 60V30H2.92V60z"
    assert broken.layers[1].path == "M2.08 30V0H2.92V30z"
    assert broken.spoken == "Broken cases: 0 on 2026-01-01, at most 2 on 2026-01-03, 2 on 2026-01-03"


def test_where_nothing_ever_broke_there_is_no_layer() -> None:
    broken, _ = outcomes_by_night(*shown("pp"), []).panels
    assert (broken.layers, broken.most) == ((), 0)


def test_many_nights_are_one_path_for_each_run_of_equal_ones() -> None:
    _, everything = outcomes_by_night(*shown("p" * 300 + "f" * 100), []).panels
    assert [layer.path for layer in everything.layers] == ["M0 60V0H300V60z", "M300 60V0H400V60z"]


def test_nights_from_which_on_something_is_worse_have_a_flag_in_their_middle() -> None:
    assert outcomes_by_night(*shown("p" * 10), [], {7, 2}).worse == (25.0, 75.0)


@pytest.mark.parametrize(("moved", "labels"), [([(80, "3"), (20, "2")], ["3", "2"]), ([(80, "3"), (70, "2")], ["3"])])
def test_labels_that_would_overlap_are_left_out_but_not_their_lines(
    moved: list[tuple[int, str]], labels: list[str]
) -> None:
    plot = outcomes_by_night(*shown("p" * 100), moved)
    assert [version for _, version in plot.moves] == labels
    assert len(plot.marks) == 2
