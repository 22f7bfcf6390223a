"""What a maker of models is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.subjects.keys import Form


@dataclass(frozen=True, slots=True)
class Making:
    """Write into ``folder``. ``network``: a description and weights for the network-definition API, not ONNX.

    A maker returns the info: ``files`` by kind (``model``, or ``network`` and ``weights``), and what it knows.
    """

    folder: Path
    options: Mapping[str, object]
    form: Form
    network: bool = False
    variant: str = ""
