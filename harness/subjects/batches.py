"""Calibration batches as the probe reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCHES = "calibration.npy"


def write_batches(folder: Path, batches: Sequence[NDArray[Any]]) -> str:
    """Write batches of one shape as one array, batches x the input's shape; returns the file's name in ``folder``."""
    np.save(folder / BATCHES, np.stack(batches))
    return BATCHES
