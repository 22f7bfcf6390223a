"""The shipped matrix.yaml and its schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from harness.evidence.records import Host, Outcome
from harness.matrix.schema import json_schema
from harness.matrix.yaml_tree import parse
from harness.planning import Planned, make_plan

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "docs/schema/matrix.schema.json"
BARE = Host(os="Debian", machine="x86_64", cores=2, memory_bytes=1, python="3.11")


def shipped() -> Planned:
    return make_plan(ROOT / "matrix.yaml", BARE)


def test_schema_is_the_one_that_the_types_give() -> None:
    advice = "run: python -m harness.matrix.schema docs/schema/matrix.schema.json"
    assert SCHEMA.read_text(encoding="utf-8") == json_schema(), advice


def test_first_line_points_to_the_schema() -> None:
    first = (ROOT / "matrix.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/schema/matrix.schema.json"
    assert SCHEMA.is_file()


def test_file_fits_the_schema_that_editors_use() -> None:
    # Editors read a date as a text, as YAML 1.2 and the project do; PyYAML's own loader would not.
    data = parse((ROOT / "matrix.yaml").read_bytes(), "matrix.yaml").plain()
    jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_holds_the_releases_that_people_upgrade_between() -> None:
    versions = {str(cell.cell.release.version) for cell in shipped().plan.cells if cell.cell.environment == "docker"}
    for wanted in ("8.2", "8.4", "8.5", "8.6.1", "10.0", "10.3", "10.8", "10.14", "11"):
        assert any(f"{version}.".startswith(f"{wanted}.") for version in versions), wanted


def test_holds_six_cells_that_build_without_a_gpu() -> None:
    cells = [cell.cell.id for cell in shipped().plan.cells if cell.cell.environment == "wheels"]
    assert cells == [
        "trtrtx1.5.0-cuda12.9-wheels",
        "trtrtx1.5.0-cuda13.3-wheels",
        "trtrtx1.6.1-cuda12.9-wheels",
        "trtrtx1.6.1-cuda13.4-wheels",
        "trtrtx1.7.1-cuda12.9-wheels",
        "trtrtx1.7.1-cuda13.4-wheels",
    ]


def test_nothing_in_it_contradicts_the_facts() -> None:
    notes = shipped().plan.notes
    assert [note for note in notes if "probably" in note or "matches no" in note] == []


def test_classic_cells_are_not_run_on_a_bare_host() -> None:
    for cell in shipped().plan.cells:
        if cell.cell.environment == "docker":
            assert cell.verdict.outcome is Outcome.NOT_RUN
            assert "no Docker daemon" in cell.verdict.reason
            assert "no NVIDIA GPU" in cell.verdict.reason
