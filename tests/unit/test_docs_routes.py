"""The table of routes and recipes is what the facts and the sightings say."""

from __future__ import annotations

import json
from typing import Any

from tools import routes_page


def test_the_page_is_up_to_date() -> None:
    """Else run ``python tools/routes_page.py``."""
    assert routes_page.PAGE.read_text() == routes_page.page(json.loads(routes_page.SEEN.read_text()))


def test_every_sighting_stands_in_the_page() -> None:
    seen = json.loads(routes_page.SEEN.read_text())
    known = {str(release) for release in routes_page.RELEASES}
    assert seen
    assert {" ".join(key.split()[:2]) for key in seen} <= known
    assert "`built`" in routes_page.PAGE.read_text()


def case(outcome: str) -> dict[str, Any]:
    return {"route": "onnx", "recipe": "fp32", "outcome": outcome}


def test_a_failure_outweighs_what_was_built() -> None:
    cell = {"flavour": "tensorrt-rtx", "version": "1.7.1", "cases": [case("passed"), case("failed"), case("passed")]}
    assert routes_page.sightings({"cells": [cell]}, {}) == {"tensorrt-rtx 1.7.1 onnx fp32": "fails"}


def test_a_newer_run_replaces_and_one_that_did_not_run_does_not() -> None:
    key = "tensorrt-rtx 1.7.1 onnx fp32"
    cell = {"flavour": "tensorrt-rtx", "version": "1.7.1"}
    built = {"cells": [{**cell, "cases": [case("warned")]}]}
    waiting = {"cells": [{**cell, "cases": [case("not-run")]}]}
    assert routes_page.sightings(built, {key: "fails"}) == {key: "built"}
    assert routes_page.sightings(waiting, {key: "fails"}) == {key: "fails"}
