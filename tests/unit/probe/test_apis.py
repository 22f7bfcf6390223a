from __future__ import annotations

from typing import Any

import pytest

from harness.probe.apis import choose
from harness.probe.outcome import NotApplicable
from tests.unit.probe import fake_tensorrt as fake


def flags_of(trt: Any, recipe: str) -> set[str]:
    config = trt.IBuilderConfig()
    choose(trt)[0].set_precision(config, recipe)
    return set(config.flags)


@pytest.mark.parametrize(
    ("trt", "generation"),
    [(fake.TENSORRT_8, "8.x"), (fake.TENSORRT_10, "10.x"), (fake.TENSORRT_11, "11"), (fake.TENSORRT_RTX, "RTX")],
)
def test_generation_is_chosen_by_what_the_module_can_do(trt: Any, generation: str) -> None:
    api, reason = choose(trt)
    assert generation in api.generation
    assert reason


@pytest.mark.parametrize("recipe", ["fp16-typed", "bf16-typed", "fp8-qdq"])
def test_8_has_no_strong_typing(recipe: str) -> None:
    with pytest.raises(NotApplicable, match="STRONGLY_TYPED is missing"):
        choose(fake.TENSORRT_8)[0].create_network(fake.Builder(), recipe)


def test_8_builds_qdq_with_the_int8_flag() -> None:
    assert choose(fake.TENSORRT_8)[0].create_network(fake.Builder(), "int8-qdq") == 1
    assert flags_of(fake.TENSORRT_8, "int8-qdq") == {"INT8"}


def test_8_has_no_bf16() -> None:
    with pytest.raises(NotApplicable, match=r"BuilderFlag\.BF16 is missing"):
        flags_of(fake.TENSORRT_8, "bf16-flag")


@pytest.mark.parametrize(("recipe", "flags"), [("fp32", 1), ("fp16-flag", 1), ("fp16-typed", 3), ("int8-qdq", 3)])
def test_10_types_strongly_only_what_is_typed(recipe: str, flags: int) -> None:
    assert choose(fake.TENSORRT_10)[0].create_network(fake.Builder(), recipe) == flags


@pytest.mark.parametrize(
    ("recipe", "flags"),
    [
        ("fp32", set()),
        ("fp16-flag", {"FP16"}),
        ("bf16-flag", {"BF16"}),
        ("int8-calibrated", {"INT8"}),
        ("int8-qdq", set()),
    ],
)
def test_10_sets_the_flag_of_the_recipe(recipe: str, flags: set[str]) -> None:
    assert flags_of(fake.TENSORRT_10, recipe) == flags


@pytest.mark.parametrize(
    ("recipe", "lacking"),
    [("int8-calibrated", "IBuilderConfig.int8_calibrator"), ("fp16-flag", "BuilderFlag.FP16")],
)
@pytest.mark.parametrize("trt", [fake.TENSORRT_RTX, fake.TENSORRT_11])
def test_strong_names_what_was_removed(trt: Any, recipe: str, lacking: str) -> None:
    with pytest.raises(NotApplicable) as caught:
        choose(trt)[0].create_network(fake.Builder(), recipe)
    assert str(caught.value) == f"{lacking} is missing"


def test_strong_works_without_its_own_flag() -> None:
    assert choose(fake.TENSORRT_RTX)[0].create_network(fake.Builder(), "fp32") == 2
    assert choose(fake.TENSORRT_11)[0].create_network(fake.Builder(), "fp32") == 0


def test_target_is_set_where_the_builder_needs_no_device() -> None:
    config = fake.TargetingConfig()
    choose(fake.TENSORRT_RTX)[0].set_target(config, "sm89")
    assert (config.num_compute_capabilities, config.target) == (1, ("SM89", 0))


@pytest.mark.parametrize(
    ("trt", "target", "words"),
    [(fake.TENSORRT_8, "sm86", "set_compute_capability is missing"), (fake.TENSORRT_RTX, "sm90", "SM90 is missing")],
)
def test_target_that_cannot_be_is_named(trt: Any, target: str, words: str) -> None:
    with pytest.raises(NotApplicable, match=words):
        choose(trt)[0].set_target(trt.IBuilderConfig(), target)
