from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.errors import ConfigError
from harness.evidence.records import Host
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan

Expanded = Callable[[str], Matrix]

RTX = "grids:\n  - flavour: tensorrt-rtx\n    environment: wheels\n"
AXES = RTX + '    axes: {version: ["1.6.1", "1.7.1"], cuda: ["12.9", "13.4"]}\n'


def ids(matrix: Matrix) -> list[str]:
    return [cell.cell.id.removesuffix("-wheels").removeprefix("trtrtx") for cell in matrix.cells]


def test_every_combination_of_the_axes_in_their_order(expanded: Expanded) -> None:
    assert ids(expanded(AXES)) == ["1.6.1-cuda12.9", "1.6.1-cuda13.4", "1.7.1-cuda12.9", "1.7.1-cuda13.4"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ('{version: "1.6.1"}', ["1.7.1-cuda12.9", "1.7.1-cuda13.4"]),
        ('{version: "1.6.1", cuda: "13.4"}', ["1.6.1-cuda12.9", "1.7.1-cuda12.9", "1.7.1-cuda13.4"]),
    ],
)
def test_exclude_matches_by_subset(expanded: Expanded, exclude: str, left: list[str]) -> None:
    matrix = expanded(f"{AXES}    exclude: [{exclude}]\n")
    assert ids(matrix) == left
    assert matrix.notes == ()


def test_exclude_without_effect_is_noted(expanded: Expanded) -> None:
    matrix = expanded(f'{AXES}    exclude: [{{version: "1.5.0"}}]\n')
    assert len(matrix.cells) == 4
    assert matrix.notes == ("line 6: this exclude matches no cell",)


def test_empty_exclude_excludes_nothing(expanded: Expanded) -> None:
    assert len(expanded(f"{AXES}    exclude: [{{}}]\n").cells) == 4


def test_include_extends_the_cells_that_agree(expanded: Expanded) -> None:
    matrix = expanded(f'{AXES}    include: [{{version: "1.7.1", required: true}}]\n')
    assert [cell.cell.required for cell in matrix.cells] == [False, False, True, True]


def test_include_that_agrees_with_none_adds_a_cell(expanded: Expanded) -> None:
    matrix = expanded(f'{AXES}    include: [{{version: "1.5.0", cuda: "13.3", targets: [sm120]}}]\n')
    assert ids(matrix)[-1] == "1.5.0-cuda13.3"
    assert matrix.cells[-1].targets == ("sm120",)
    assert matrix.cells[0].targets == ("sm86", "sm89")


def test_include_alone_makes_cells(expanded: Expanded) -> None:
    matrix = expanded(f'{RTX}    include: [{{version: "1.5.0", cuda: "13.3"}}, {{version: "1.7.1", cuda: "13.4"}}]\n')
    assert ids(matrix) == ["1.5.0-cuda13.3", "1.7.1-cuda13.4"]


def test_override_sets_what_matches(expanded: Expanded) -> None:
    override = '{match: {version: "1.6.1"}, set: {timeouts: {case: 60}, name: slow}}'
    matrix = expanded(f"{AXES}    timeouts: {{case: 30, cell: 40}}\n    overrides: [{override}]\n")
    assert [cell.cell.timeouts.case for cell in matrix.cells] == [60, 60, 30, 30]
    assert matrix.cells[0].cell.timeouts.cell == 40
    assert matrix.cells[0].cell.id.endswith("-wheels-slow")


def test_override_without_effect_is_noted(expanded: Expanded) -> None:
    matrix = expanded(f'{AXES}    overrides: [{{match: {{version: "1.0.0"}}, set: {{required: true}}}}]\n')
    assert matrix.notes == ("line 6: this override matches no cell",)


def test_python_axis_shows_in_the_id(expanded: Expanded) -> None:
    matrix = expanded(f'{RTX}    axes: {{version: ["1.7.1"], cuda: ["12.9"], python: ["3.10", "3.12"]}}\n')
    assert [cell.cell.id for cell in matrix.cells] == [
        "trtrtx1.7.1-cuda12.9-wheels-py3.10",
        "trtrtx1.7.1-cuda12.9-wheels-py3.12",
    ]


def test_same_ids_are_refused_and_name_both_lines(expanded: Expanded) -> None:
    same = '    include:\n      - {version: "1.7.1", cuda: "12.9"}\n      - {version: "1.7.1", cuda: "12.9"}\n'
    with pytest.raises(ConfigError, match=r":7:19: cell id 'trtrtx1.7.1-cuda12.9-wheels' is already taken by line 6"):
        expanded(RTX + same)


def test_a_grid_without_cells_is_refused(expanded: Expanded) -> None:
    with pytest.raises(ConfigError, match=r":3:5: grids\[0\] has no cell"):
        expanded(RTX)


def test_an_explosion_of_axes_is_refused(expanded: Expanded) -> None:
    many = ", ".join(f'"{n}.0"' for n in range(10, 99))
    with pytest.raises(ConfigError, match="more than 4096 cells"):
        expanded(f"{RTX}    axes: {{version: [{many}], cuda: [{many}]}}\n")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("routes: [onnx]", "routes: [onnx, onnx]", ":10:20: onnx stands twice in routes"),
        ("recipes: [fp32, ", "recipes: [fp32, fp32, ", ":11:21: fp32 stands twice in recipes"),
        ("recipes:", "variants: [raw, raw]\n    recipes:", ":11:21: raw stands twice in variants"),
        (
            "routes: [onnx]",
            "routes: [onnx, plugin]\n    variants: [plain, raw]",
            ":11:23: variant raw is of the route onnx alone; give it to a subject without plugin",
        ),
        (
            "recipes:",
            "variants: [kept-implicit]\n    recipes:",
            ":11:16: variant kept-implicit is of the route host-decode and plugin alone; give it to a subject without",
        ),
        ("model: retinaface", "variants: [naive]\n    model: onnx", ":8:16: an ONNX file has no variant naive"),
        ("subjects:", "waivers: [{reason: r}]\nsubjects:", ":6:11: waivers[0]: names neither a finding nor an outcome"),
    ],
)
def test_contradictions_elsewhere(expanded: Expanded, base: str, old: str, new: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        expanded(base.replace(old, new))
    assert words in str(caught.value)


def test_waivers_keep_their_line(expanded: Expanded, base: str) -> None:
    waiver = "waivers:\n  - {reason: known, finding: int8-*, expires: 2027-03-31}\n"
    (only,) = expanded(base + waiver).waivers
    assert (only.line, only.finding, str(only.expires)) == (13, "int8-*", "2027-03-31")


def test_variants_are_cases_of_their_own(planned: Callable[..., Plan], base: str, workstation: Host) -> None:
    plan = planned(
        base.replace("recipes: [fp32, fp16-flag]", "recipes: [int8-qdq]\n    variants: [plain, raw-naive]"), workstation
    )
    ids = [case.case.id for case in plan.cells[0].cases]
    assert ids[::2] == ["face.onnx.int8-qdq.sm86", "face.onnx.int8-qdq.raw-naive.sm86"]
