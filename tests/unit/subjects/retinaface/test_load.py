from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.retinaface.architecture import Backbone, network, parameters
from harness.subjects.retinaface.load import load_file
from harness.subjects.retinaface.seeded import seeded_weights
from harness.subjects.weights import write_weights
from tests.unit.subjects.torch_files import state_dict, write_zip

NET = network(Backbone.MOBILENET)
WEIGHTS = seeded_weights(NET, 1)


@pytest.mark.parametrize("suffix", [".wts", ".npz", ".safetensors"])
def test_our_own_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_weights(path, WEIGHTS)
    loaded = load_file(NET, path)
    assert {name: array.tobytes() for name, array in loaded.items()} == {
        name: array.tobytes() for name, array in WEIGHTS.items()
    }
    assert {name: array.shape for name, array in loaded.items()} == parameters(NET)


def test_a_checkpoint_of_data_parallel_with_counters(tmp_path: Path) -> None:
    arrays = {f"module.{name}": array for name, array in WEIGHTS.items()}
    counted: dict[str, NDArray[Any]] = {**arrays, "module.fpn.merge1.1.num_batches_tracked": np.array([5], np.int64)}
    write_zip(tmp_path / "a.pth", state_dict(counted), counted)
    loaded = load_file(NET, tmp_path / "a.pth")
    assert loaded["fpn.merge1.0.weight"].tobytes() == WEIGHTS["fpn.merge1.0.weight"].tobytes()


def test_all_that_does_not_fit_is_named_at_once(tmp_path: Path) -> None:
    arrays = {**WEIGHTS, "fc.bias": np.zeros(3, np.float32), "fpn.merge1.0.weight": np.zeros((1, 2), np.float32)}
    del arrays["ssh1.conv3X3.0.weight"], arrays["ssh2.conv3X3.0.weight"]
    arrays["fpn.merge1.1.bias"] = np.zeros(64, np.int64)
    path = tmp_path / "a.npz"
    write_weights(path, arrays)
    with pytest.raises(InputError) as caught:
        load_file(NET, path)
    assert str(caught.value) == (
        f"{path}: does not fit RetinaFace mobilenet0.25: "
        "2 missing (ssh1.conv3X3.0.weight, ssh2.conv3X3.0.weight); 1 not part of it (fc.bias); "
        "2 of another form (fpn.merge1.0.weight: (1, 2) where (64, 64, 3, 3) is expected, "
        "fpn.merge1.1.bias: int64 where floating point is expected)"
    )


def test_the_other_backbone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_weights(path, {name: np.zeros(1, np.float32) for name in parameters(network(Backbone.RESNET50))})
    with pytest.raises(InputError, match=r"and \d+ more\); .*it fits backbone resnet50$"):
        load_file(NET, path)
