"""More pictures than fit into memory: read one by one, and of each output only the rows kept that may be faces."""

from __future__ import annotations

import os
import zipfile
from typing import Any, Callable, Dict, Iterator, List, Optional

from .child import Desk

PICTURES = "wider.npz"  # beside the samples; what is kept has the same name in the case's folder
# A little below the host's threshold of 0.02, which decides: sigmoid(-4.2) is 0.0148.
_LEAST_MARGIN = -4.2
_LEAST_SCORE = 0.0148

Arrays = Dict[str, Any]


def pictures(samples: str) -> Optional[str]:
    """The file that lies beside a case's samples, where there is one."""
    path = os.path.join(os.path.dirname(samples), PICTURES)
    return path if os.path.exists(path) else None


def execute(desk: Desk, path: str, run: Callable[[Arrays], Arrays]) -> None:
    """Run every picture; leaves ``wider.npz``: each output's kept rows, their ``picture`` and their ``anchor``."""
    import numpy as np

    kept: List[Arrays] = []
    for number, sample in enumerate(streamed(path)):
        outputs = run(sample)
        anchors = candidates(outputs)
        rows = {name: array[0][anchors] for name, array in outputs.items()}
        kept.append({**rows, "picture": np.full(len(anchors), number), "anchor": anchors})
    desk.events.write("wider", pictures=len(kept))
    names = kept[0] if kept else {}
    found: Arrays = {name: np.concatenate([one[name] for one in kept]) for name in names}
    np.savez(os.path.join(desk.folder, PICTURES), **found)


def candidates(outputs: Arrays) -> Any:
    """Numbers of the rows that may be faces, by the output that holds scores. A NaN is no face."""
    import numpy as np

    if "conf" in outputs:
        return np.flatnonzero(outputs["conf"][0, :, 1] - outputs["conf"][0, :, 0] > _LEAST_MARGIN)
    scores = outputs["detections"][0, :, 4] if "detections" in outputs else outputs["scores"][0]
    return np.flatnonzero(scores > _LEAST_SCORE)


def streamed(path: str) -> Iterator[Arrays]:
    """The samples of an ``.npz`` of one array, one at a time."""
    import numpy as np

    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        with archive.open(member) as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("{}: is not of the format that the host writes".format(path))
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            size = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
            for _ in range(shape[0]):
                yield {member[: -len(".npy")]: np.frombuffer(file.read(size), dtype).reshape(shape[1:])}
