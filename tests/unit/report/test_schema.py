from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from harness.report import results_file, schema
from tests import sample

COMMITTED = Path(__file__).parents[3] / "docs" / "schema" / "results.schema.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.json_schema()))


@pytest.fixture
def written() -> Any:
    return json.loads(results_file.encode(sample.results()))


def test_the_committed_schema_is_of_these_records() -> None:
    hint = "write it again: python -m harness.report.schema docs/schema/results.schema.json"
    assert COMMITTED.read_text(encoding="utf-8") == schema.json_schema(), hint


def test_what_is_written_is_valid(validator: jsonschema.Draft202012Validator, written: Any) -> None:
    validator.validate(written)


def test_another_outcome_or_schema_is_not_valid(validator: jsonschema.Draft202012Validator, written: Any) -> None:
    written["cells"][0]["cases"][0]["outcome"] = "splendid"
    written["schema"] = "trt-matrix/results/0"
    assert len(list(validator.iter_errors(written))) == 2
