from __future__ import annotations

import json
from collections.abc import Callable

from harness.evidence.records import Host
from harness.matrix.github import job_matrix
from harness.matrix.plan import Plan


def outputs(plan: Plan) -> dict[str, str]:
    return dict(line.split("=", 1) for line in job_matrix(plan).splitlines())


def test_one_job_per_cell_whatever_this_host_has(planned: Callable[..., Plan], bare: Host) -> None:
    row = '{version: "8.6.1", source: "ngc:24.01-py3"}'
    grids = f"grids:\n  - flavour: tensorrt\n    environment: docker\n    include: [{row}]\n"
    lines = outputs(planned(grids, bare))
    assert lines["chunks"] == "1"
    (job,) = json.loads(lines["matrix_0"])["include"]
    assert (job["cell"], job["gpu"], job["docker"]) == ("trt8.6.1-cuda12.3-ubuntu22.04", True, True)


def test_a_cell_that_can_do_nothing_is_left_out(planned: Callable[..., Plan], base: str, bare: Host) -> None:
    assert outputs(planned(base.replace("[fp32, fp16-flag]", "[fp16-flag]"), bare)) == {"chunks": "0"}


def test_at_most_256_jobs_in_a_chunk(planned: Callable[..., Plan], base: str, bare: Host) -> None:
    rows = "".join(f'      - {{version: "1.7.1", cuda: "12.9", name: c{number}}}\n' for number in range(600))
    head = 'axes: {version: ["1.6.1", "1.7.1"], cuda: ["12.9"]}'
    lines = outputs(planned(base.replace(head, f"include:\n{rows}"), bare))
    sizes = [len(json.loads(lines[f"matrix_{number}"])["include"]) for number in range(int(lines["chunks"]))]
    assert sizes == [256, 256, 88]
