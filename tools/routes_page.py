"""Write docs/routes.md: which route and recipe each release has, by the facts, and where it was seen, by runs.

python tools/routes_page.py                      the page, from the facts and docs/routes-seen.json
python tools/routes_page.py --results FILE       first take what a run's results.json has seen
python tools/routes_page.py --evidence FOLDER... first take what a cell's evidence shows to have been built, or not
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

from harness.evidence.read import read_attestation, read_case
from harness.matrix.cell import Recipe, Route
from harness.matrix.preflight import absent_feature
from harness.support import api
from harness.versions import Flavour, Release

ROOT = Path(__file__).parents[1]
PAGE, SEEN = ROOT / "docs" / "routes.md", ROOT / "docs" / "routes-seen.json"
RELEASES = tuple(
    Release.parse(text)
    for text in (
        "8.2.3", "8.4.2", "8.6.1", "10.0.1", "10.14.1", "11.0.0",
        "tensorrt-rtx 1.5.0", "tensorrt-rtx 1.6.1", "tensorrt-rtx 1.7.1",
    )
)  # fmt: skip
INTERFACES = {
    "`IPluginV2IOExt` (`plugin`, variant `v2` where there are both)": "plugin-v2",
    "`IPluginV3` (`plugin`)": "plugin-v3",
    "implicit batch (variant `implicit`)": "implicit-batch",
}
INTRODUCTION = """\
# Routes and recipes by release

<!-- Written by `python tools/routes_page.py`; the words are there. -->

A *route* is how the subject becomes a network: `onnx` by the ONNX parser; `host-decode` by the network-definition API,
layer by layer, with the heads as outputs and the decoding on the host; `plugin` the same with the `Decode_TRT` plugin
behind the heads. A *recipe* is how it gets its precision.

| mark | meaning |
| --- | --- |
| `built` | the release has what it takes, and a run of this project built the engine |
| `fails` | the release has what it takes, and in a run the build failed |
| yes | the release has what it takes; no run of this project has tried it yet |
| - | the release lacks it: the case is `not-applicable`, with the API's name |

What a release lacks is known from its headers and bindings (`trt-matrix api show NAME` tells more of each name). What
was seen comes from a run's `results.json`, and counts for that release alone; Q/DQ placed across Decode
on purpose (variant `naive`) is no word on the recipe. FP8 needs compute capability 8.9.
"""
NETWORKS = """\
## How the two network-definition routes build

One description serves both: the operations and weights of [RetinaFace](retinaface.md), under the names of the
checkpoint's state dict, which are also the names of layers and weights in TensorRT's own messages.

* Batch-norm is a Scale layer behind its convolution, as in tensorrtx; the variant `folded` puts it into the
  convolution.
* `fp16-typed`, `bf16-typed`: weights cast on the host, activations of that type, inputs and outputs FP32 behind a Cast.
* `int8-qdq`: quantise and dequantise layers with the scales of the quantised ONNX model, at the same places. They stop
  before the heads' lists and Decode; the variant `naive` goes on behind the heads.
* `fp16-flag`, `bf16-flag`, `int8-calibrated`: an FP32 network; the builder does the rest.
* `host-decode` gives `loc` (1, N, 4), `conf` (1, N, 2) and `landms` (1, N, 10); `plugin` gives `detections`
  (1, N, 15): box, score, landmarks in pixels, zeros where the score is not above 0.02 or a number is not finite.
  Suppressing what overlaps stays on the host.

What the route asks the API for, written down as ONNX and evaluated by ONNX Runtime, gives the heads of the ONNX model
to 1e-5 of their largest value, in FP32 and with Q/DQ (`tests/unit/probe/definition`).

## The plugin

`harness/subjects/retinaface/plugin/` is built inside the cell by CMake with the image's own headers and nvcc.
`tests/plugin` builds it whole with TensorRT 11.4's headers (both interfaces, nvcc 13), without a GPU; the C++ part was
also compiled by hand against the headers of 30 other releases, 8.0.1 to 11.1. The kernel's arithmetic, compiled for the
CPU from the same source, agrees with the NumPy decode on random and hostile heads (NaN, infinities, scores at the
threshold); `tests/gpu` holds the kernel itself to the same, in FP32 and FP16 (seen on an H100, nvcc 13). TensorRT
8.6.1 has built and executed engines with the plugin there (`IPluginV2IOExt`, implicit and explicit batch; see
[a GPU host](gpu.md)); `IPluginV3` has not been in an engine yet.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--results", type=Path, metavar="FILE", help="results.json of a run")
    parser.add_argument("--evidence", type=Path, nargs="+", default=[], metavar="FOLDER", help="evidence of cells")
    arguments = parser.parse_args()
    cells = [evident(folder) for folder in arguments.evidence]
    cells += json.loads(arguments.results.read_text())["cells"] if arguments.results else []
    if cells:
        told = sightings({"cells": cells}, json.loads(SEEN.read_text()))
        SEEN.write_text(json.dumps(told, indent=1) + "\n")
    PAGE.write_text(page(json.loads(SEEN.read_text())))


def evident(folder: Path) -> dict[str, Any]:
    """A TensorRT cell as ``sightings`` wants it, from its evidence: a case that left an engine was built."""
    attestation = read_attestation(folder)
    assert attestation is not None, f"{folder} has no attestation"
    cases = []
    for place in sorted(each for each in folder.iterdir() if each.name.count(".") > 2 and each.is_dir()):
        route, recipe = place.name.split(".")[1:3]
        found = read_case(place)
        ended = "passed" if found.engine else str(found.outcome or "")
        cases.append({"id": place.name, "route": route, "recipe": recipe, "outcome": ended})
    return {"flavour": "tensorrt", "version": attestation.library_version, "cases": cases}


def sightings(results: dict[str, Any], before: dict[str, str]) -> dict[str, str]:
    """``RELEASE ROUTE RECIPE`` to ``built`` or ``fails``; within a run, one failed case outweighs those that built."""
    found: dict[str, str] = {}
    for cell in results["cells"]:
        for case in cell["cases"]:
            if "naive" in case.get("id", "").split("."):
                continue
            key = f"{cell['flavour']} {cell['version']} {case['route']} {case['recipe']}"
            if case["outcome"] in ("passed", "warned"):
                found.setdefault(key, "built")
            elif case["outcome"] in ("failed", "crashed", "timed-out"):
                found[key] = "fails"
    return dict(sorted((before | found).items()))


def page(seen: dict[str, str]) -> str:
    parts = [INTRODUCTION, *(_route(route, seen) for route in Route), _interfaces(), _reasons(), NETWORKS]
    return "\n".join(parts)


def _route(route: Route, seen: dict[str, str]) -> str:
    rows = [[f"`{recipe}`", *(_mark(each, route, recipe, seen) for each in RELEASES)] for recipe in Recipe]
    return f"## `{route}`\n\n" + _table(["recipe", *map(_short, RELEASES)], rows)


def _mark(release: Release, route: Route, recipe: Recipe, seen: dict[str, str]) -> str:
    if absent_feature(release, route, recipe):
        return "-"
    mark = seen.get(f"{release} {route} {recipe}")
    return f"`{mark}`" if mark else "yes"


def _interfaces() -> str:
    rows = [
        [title, *("-" if api.absence(release, feature) else "yes" for release in RELEASES)]
        for title, feature in INTERFACES.items()
    ]
    return "## Interfaces behind the routes\n\n" + _table(["", *map(_short, RELEASES)], rows)


def _reasons() -> str:
    found: dict[str, list[str]] = {}
    for route, recipe, release in product(Route, Recipe, RELEASES):
        if reason := absent_feature(release, route, recipe):
            words = found.setdefault(reason, [])
            words += [word for word in (f"`{route}`" if route is Route.PLUGIN else f"`{recipe}`",) if word not in words]
    lines = [f"* {reason}: {', '.join(words)}" for reason, words in sorted(found.items())]
    return "## What is lacking where\n\n" + "\n".join(lines) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _short(release: Release) -> str:
    title = "RTX" if release.flavour is Flavour.TENSORRT_RTX else "TensorRT"
    return f"{title} {release.version}"


if __name__ == "__main__":
    main()
