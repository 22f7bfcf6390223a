"""The JSON Schema of ``results.json``, generated from the records.

``python -m harness.report.schema docs/schema/results.schema.json`` writes the schema.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from harness.evidence.records import SCHEMA, Results


def json_schema() -> str:
    """The schema as it is committed."""
    schema = msgspec.json.schema(Results)
    schema["$defs"]["Results"]["properties"]["schema"] = {"const": SCHEMA}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Results of a trt-matrix run"}
    return json.dumps(head | schema, indent=1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json_schema(), encoding="utf-8")
