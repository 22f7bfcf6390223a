"""Generations of TensorRT's API: one adapter each, chosen by what the loaded module can do."""

from __future__ import annotations

from typing import Any, Tuple

from . import strong, transitional, weak
from .base import Api


def choose(trt: Any) -> Tuple[Api, str]:
    """The adapter for a loaded module, and the reason in words."""
    strongly = hasattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED")
    weakly = hasattr(trt.BuilderFlag, "FP16")
    if not weakly:
        return strong.StrongApi(trt), "no BuilderFlag.FP16: strongly typed networks only"
    if strongly:
        return transitional.TransitionalApi(trt), "BuilderFlag.FP16 and STRONGLY_TYPED: weak and strong typing"
    return weak.WeakApi(trt), "no NetworkDefinitionCreationFlag.STRONGLY_TYPED: weak typing only"
