"""A folder in the official structure, of pictures that the project draws, from matrix.yaml's options to numbers."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import InputError
from harness.matrix.cell import Recipe, Route, Subject
from harness.probe import many
from harness.probe.child import Desk
from harness.subjects.compare import compare
from harness.subjects.faces import picture
from harness.subjects.keys import Form, Prepared, prepare_models, samples_of
from harness.subjects.retinaface import make as retinaface
from harness.subjects.retinaface.architecture import INPUT, Backbone, network
from harness.subjects.retinaface.emit_onnx import onnx_model
from harness.subjects.retinaface.rows import plugin_rows
from harness.subjects.retinaface.settings import Heads
from harness.subjects.samples import evaluated, session
from harness.subjects.spec import Making
from harness.subjects.streams import write_npz
from harness.subjects.wider.dataset import SETTINGS, labelled
from harness.subjects.wider.measure import average_precision
from tests.unit.subjects.wider.official import slow_average_precision, write_folder

SIZE = 160
DRAWN = {"0--Parade": (3_000_001, 3_000_002, 3_000_003), "1--Handshaking": (3_000_004, 3_000_005)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of 320x240; in the setting easy the large faces count, in hard all."""
    events: dict[str, Any] = {}
    kept: dict[str, list[list[list[int]]]] = {setting: [] for setting in SETTINGS}
    for event, seeds in DRAWN.items():
        scenes = {f"{event}_{seed}": picture(seed, 240, 320) for seed in seeds}
        boxes = {name: np.concatenate((each.boxes[:, :2], each.boxes[:, 2:] - each.boxes[:, :2]), axis=1)
                 for name, each in scenes.items()}  # fmt: skip
        events[event] = {name: (each.image[..., ::-1], boxes[name].tolist()) for name, each in scenes.items()}
        for setting, least in zip(SETTINGS, (60, 30, 0), strict=True):
            kept[setting].append([(np.flatnonzero(each[:, 3] >= least) + 1).tolist() for each in boxes.values()])
    return write_folder(tmp_path_factory.mktemp("wider"), events, kept)


@pytest.fixture(scope="module")
def ready(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    options = {
        "backbone": "mobilenet0.25",
        "size": SIZE,
        "weights": "reference",
        "wider_face": str(folder),
        "samples": 2,
    }
    wanted = samples_of(Subject("own", "retinaface", (Route.ONNX,), (Recipe.FP32,), options))
    made = prepare_models([wanted], tmp_path_factory.mktemp("cache"))[wanted.key]
    assert made.error == ""
    return made


def executed(ready: Prepared, to: Path, heads: str) -> None:
    """What the probe leaves, the engine's place taken by ONNX Runtime."""
    net = network(Backbone.MOBILENET)
    weights, _ = retinaface.load_weights(net, "reference")
    wanted = Heads.DECODED if heads == "decoded" else Heads.RAW
    running = session(onnx_model(net, weights, height=SIZE, width=SIZE, heads=wanted))

    def run(sample: dict[str, NDArray[Any]]) -> dict[str, Any]:
        found = evaluated(running, {INPUT: sample[INPUT].astype(np.float32)})
        if heads != "plugin":
            return found
        rows = plugin_rows(found["loc"][0], found["conf"][0], found["landms"][0], SIZE, SIZE)
        return {"detections": rows[None]}

    to.mkdir()
    desk = cast("Desk", SimpleNamespace(folder=str(to), events=SimpleNamespace(write=lambda *_a, **_k: None)))
    pictures = many.pictures(str(ready.samples))
    assert pictures is not None
    many.execute(desk, pictures, run)
    with np.load(ready.folder / "samples.npz") as samples:
        outputs = [run({INPUT: each}) for each in samples[INPUT]]
    np.savez(
        to / "outputs.npz", **cast("Any", {name: np.stack([each[name] for each in outputs]) for name in outputs[0]})
    )


@pytest.mark.parametrize("heads", ["raw", "decoded", "plugin"])
def test_every_form_that_a_route_gives_is_measured(ready: Prepared, tmp_path: Path, heads: str) -> None:
    executed(ready, tmp_path / "case", heads)
    found = compare(tmp_path / "case" / "outputs.npz", ready.folder)
    assert found["by"].endswith(f"5 of 5 pictures of WIDER FACE's validation set at {SIZE}x{SIZE}")
    for setting in SETTINGS:
        assert found["metrics"][f"wider_{setting}_loss"] == pytest.approx(0, abs=1e-3)
        assert found["metrics"][f"wider_{setting}"] == pytest.approx(
            found["metrics"][f"wider_{setting}_fp32"], abs=1e-3
        )
    assert 1 >= found["metrics"]["wider_easy"] > 0.9
    assert found["metrics"]["wider_easy"] >= found["metrics"]["wider_hard"] > 0.5


def test_the_numbers_are_those_of_slow_loops(ready: Prepared, folder: Path) -> None:
    exact, truth = _arrays(ready, "wider_fp32"), _arrays(ready, "wider_truth")
    pictures, _ = labelled(folder)
    found: list[Any] = [[] for _ in pictures]
    for (x1, y1, x2, y2), score, at in zip(exact["boxes"], exact["scores"], exact["picture"], strict=True):
        ratio = SIZE / 320
        corners = [float(each) / ratio for each in (x1, y1, x2, y2)]
        found[at].append(((corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]), float(score)))
    fast = average_precision(exact, truth)
    for row, setting in enumerate(SETTINGS):
        faces: list[Any] = [
            [(tuple(box), bool(counts)) for box, counts in zip(each.boxes, each.counted[row], strict=True)]
            for each in pictures
        ]
        assert fast[setting] == pytest.approx(slow_average_precision(found, faces), abs=1e-6)


def test_a_part_is_spread_over_the_events(folder: Path) -> None:
    chosen, total = labelled(folder, 3)
    assert total == 5
    assert [each.path.stem for each in chosen] == [
        "0--Parade_3000001",
        "0--Parade_3000002",
        "1--Handshaking_3000004",
    ]
    assert [each.path.stem[-1] for each in labelled(folder, 5)[0]] == ["1", "2", "3", "4", "5"]


def test_pictures_are_written_and_read_one_by_one(tmp_path: Path) -> None:
    shape, number = (1, 3, 256, 256), 60
    tracemalloc.start()
    write_npz(tmp_path / "many.npz", "x", (np.full(shape, each, np.int16) for each in range(number)), number)
    sums = [int(each["x"][0, 0, 0, 0]) for each in many.streamed(str(tmp_path / "many.npz"))]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sums == list(range(number))
    assert peak < 6 * np.zeros(shape, np.int16).nbytes
    with np.load(tmp_path / "many.npz") as file:
        assert file["x"].shape == (number, *shape)


def test_samples_that_are_not_alike_or_not_as_many(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x: 1 samples where 2 were announced"):
        write_npz(tmp_path / "a.npz", "x", [np.zeros(2)], 2)
    with pytest.raises(ValueError, match=r"a sample is float64 \(3,\), others float64 \(2,\)"):
        write_npz(tmp_path / "b.npz", "x", [np.zeros(2), np.zeros(3)], 2)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("WIDER_val", r"has no WIDER_val/images in WIDER_val/images, val/images, images"),
        ("eval_tools/ground_truth/wider_hard_val.mat", "has no wider_hard_val.mat in ., ground_truth, "),
        ("WIDER_val/images/1--Handshaking/1--Handshaking_3000005.jpg", "3000005.jpg: is missing, and 0 more"),
    ],
)
def test_what_is_missing_is_named(folder: Path, tmp_path: Path, lost: str, words: str) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    shutil.rmtree(copy / lost) if (copy / lost).is_dir() else (copy / lost).unlink()
    with pytest.raises(InputError, match=words):
        labelled(copy)


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file, cut off", bytes(400)])
def test_a_damaged_file_is_named(folder: Path, tmp_path: Path, content: bytes) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "eval_tools/ground_truth/wider_easy_val.mat").write_bytes(content)
    with pytest.raises(InputError, match=r"wider_easy_val\.mat: (cannot be read as a \.mat file|has no gt_list)"):
        labelled(copy)


def test_a_model_does_not_depend_on_the_folder(tmp_path: Path) -> None:
    options = {"backbone": "mobilenet0.25", "size": 64, "weights": "seed:1", "wider_face": str(tmp_path / "none")}
    (tmp_path / "made").mkdir()
    info = retinaface.make(Making(tmp_path / "made", options, Form.FP32))
    assert info["files"] == {"model": "model.onnx"}


def _arrays(ready: Prepared, kind: str) -> dict[str, NDArray[Any]]:
    with np.load(ready.folder / f"{kind}.npz") as file:
        return {name: file[name] for name in file.files}
