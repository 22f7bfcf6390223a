"""Stand-ins for modules of three API generations: only what the adapters ask for."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Any


class Config:
    """Records what is set on it."""

    def __init__(self) -> None:
        self.flags: set[str] = set()

    def set_flag(self, flag: Any) -> None:
        self.flags.add(flag.name)


class CalibratingConfig(Config):
    int8_calibrator: object = None


class TargetingConfig(Config):
    num_compute_capabilities = 0

    def set_compute_capability(self, capability: Any, index: int) -> bool:
        self.target = (capability.name, index)
        return True


class Builder:
    """Records the creation flags of its network."""

    def create_network(self, flags: int) -> int:
        return flags


class Calibrator:
    """Base class of calibrators."""


def module(builder_flags: str, creation_flags: dict[str, int], config: type[Config]) -> Any:
    """A module whose enums have these members."""
    return SimpleNamespace(
        BuilderFlag=Enum("BuilderFlag", builder_flags),
        NetworkDefinitionCreationFlag=SimpleNamespace(**creation_flags),
        ComputeCapability=Enum("ComputeCapability", "SM86 SM89"),
        IBuilderConfig=config,
        IInt8EntropyCalibrator2=Calibrator,
    )


TENSORRT_8 = module("FP16 INT8 TF32", {"EXPLICIT_BATCH": 0}, CalibratingConfig)
TENSORRT_10 = module("FP16 BF16 INT8 TF32", {"EXPLICIT_BATCH": 0, "STRONGLY_TYPED": 1}, CalibratingConfig)
TENSORRT_RTX = module("TF32", {"STRONGLY_TYPED": 1}, TargetingConfig)
TENSORRT_11 = module("TF32", {}, Config)
