"""The case that the project grew from, replayed from its public source: nothing of it ran here.

RetinaFace on TensorRT 8.6.1, https://github.com/wang-xinyu/tensorrtx/issues/1456: the messages as the software
prints them, in our own frame.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

from harness.evidence.records import CaseRecord, CellRecord, Finding, Outcome, Stage
from harness.matrix.cell import Recipe, Route

SOURCE = "https://github.com/wang-xinyu/tensorrtx/issues/1456"
REASON = f"replayed from {SOURCE}; not run here"
RECIPES = (Recipe.FP16_FLAG, Recipe.INT8_CALIBRATED)


# Finds or makes what the rules see, under a key.
Find = Callable[[str, Callable[[], list[Finding]]], list[Finding]]


def replayed_cell(find: Find = lambda _key, make: make()) -> CellRecord:
    """A cell whose cases count as ``not-run``, with the findings of the replayed logs."""
    return CellRecord(
        id="trt8.6.1-cuda12.0-replayed",
        flavour="tensorrt",
        version="8.6.1",
        cuda="12.0",
        ubuntu="22.04",
        python="",
        environment="replayed",
        source=SOURCE,
        runnable=False,
        reason=REASON,
        cases=[_case(recipe, find) for recipe in RECIPES],
    )


def replayed_log(recipe: Recipe) -> str:
    return (resources.files(__package__) / f"{recipe.value}.log").read_text()


def _case(recipe: Recipe, find: Find) -> CaseRecord:
    def read() -> list[Finding]:
        # Imported late: where the answer is kept, no rule has to be compiled.
        from harness.findings.classify import classify_text

        return classify_text(replayed_log(recipe), file=f"replayed: {SOURCE}").findings

    return CaseRecord(
        id=f"retinaface.plugin.{recipe.value}.device",
        subject="retinaface",
        route=Route.PLUGIN.value,
        recipe=recipe.value,
        target="device",
        stage=Stage.BUILD,
        outcome=Outcome.NOT_RUN,
        reason=REASON,
        findings=find(f"replayed-{recipe.value}", read),
    )
