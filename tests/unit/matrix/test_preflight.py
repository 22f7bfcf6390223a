from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from harness.evidence.records import Cost, Host, Outcome
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan
from harness.matrix.preflight import preflight, sm_version

Planned = Callable[..., Plan]
ALL_RECIPES = "fp32, fp16-flag, fp16-typed, bf16-flag, bf16-typed, int8-calibrated, int8-qdq, fp8-qdq"
SUBJECTS = f"""
subjects:
  - name: face
    model: retinaface
    options: {{backbone: mobilenet0.25, size: 640, weights: "seed:7"}}
    routes: [onnx, plugin, host-decode]
    recipes: [{ALL_RECIPES}]
"""


def text(row: str, *, flavour: str = "tensorrt", environment: str = "docker") -> str:
    head = f"version: 1\ngrids:\n  - flavour: {flavour}\n    environment: {environment}\n"
    return f"{head}    include:\n      - {{{row}}}{SUBJECTS}"


def image(version: str, tag: str) -> str:
    return text(f'version: "{version}", source: "ngc:{tag}-py3"')


def rtx(row: str = 'version: "1.7.1", cuda: "12.9"') -> str:
    return text(row, flavour="tensorrt-rtx", environment="wheels")


def lacking(plan: Plan) -> dict[str, str]:
    """Reason by route.recipe of what is not applicable, for the first target."""
    (cell,) = plan.cells
    target = cell.cases[0].case.target
    return {
        f"{case.case.route}.{case.case.recipe}": case.verdict.reason
        for case in cell.cases
        if case.verdict.outcome is Outcome.NOT_APPLICABLE and case.case.target == target
    }


def only_reason(plan: Plan) -> str:
    (cell,) = plan.cells
    assert cell.verdict.outcome is Outcome.NOT_RUN
    return cell.verdict.reason


STRONG = "NetworkDefinitionCreationFlag.STRONGLY_TYPED came with TensorRT 9.1"


def test_what_8_lacks(planned: Planned, workstation: Host) -> None:
    reasons = lacking(planned(image("8.6.1", "24.01"), workstation))
    assert {name: reason for name, reason in reasons.items() if name.startswith("onnx.")} == {
        "onnx.fp16-typed": STRONG,
        "onnx.bf16-flag": "BuilderFlag.BF16 came with TensorRT 9.1",
        "onnx.bf16-typed": STRONG,
        "onnx.fp8-qdq": "DataType.FP8 came with TensorRT 9.1",
    }


@pytest.mark.parametrize(("version", "tag", "lacks"), [("8.6.1", "24.01", ""), ("10.3.0", "24.08", "max_batch_size")])
def test_an_implicit_batch_went_with_10(
    planned: Planned, workstation: Host, version: str, tag: str, lacks: str
) -> None:
    implicit = image(version, tag).replace("[onnx, plugin, host-decode]", "[plugin]\n    variants: [kept-implicit]")
    told = lacking(planned(implicit, workstation)).get("plugin.fp32", "")
    assert told == lacks or (lacks and lacks in told)


def test_10_has_both_worlds(planned: Planned, workstation: Host) -> None:
    assert lacking(planned(image("10.8.0", "25.01"), workstation)) == {}


def test_what_11_lacks(planned: Planned, workstation: Host) -> None:
    reasons = lacking(planned(image("11.0.0", "26.06"), workstation))
    assert {name: reason for name, reason in reasons.items() if name.startswith("plugin.")} == {
        "plugin.fp16-flag": "BuilderFlag.FP16 was removed in TensorRT 11",
        "plugin.bf16-flag": "BuilderFlag.BF16 was removed in TensorRT 11",
        "plugin.int8-calibrated": "IBuilderConfig.int8_calibrator was removed in TensorRT 11",
    }


def test_what_rtx_lacks(planned: Planned, bare: Host) -> None:
    reasons = lacking(planned(rtx(), bare))
    plugin = [name for name in reasons if name.startswith("plugin.")]
    assert len(plugin) == len(ALL_RECIPES.split())
    assert reasons["plugin.fp32"] == "TensorRT-RTX has no INetworkDefinition.add_plugin_v2"
    assert [name for name in reasons if name.startswith("host-decode.")] == [
        "host-decode.fp16-flag",
        "host-decode.bf16-flag",
        "host-decode.int8-calibrated",
        "host-decode.fp8-qdq",
    ]


def test_fp8_depends_on_the_target(planned: Planned, bare: Host) -> None:
    (cell,) = planned(rtx(), bare).cells
    verdicts = {c.case.target: c.verdict for c in cell.cases if c.case.id.startswith("face.onnx.fp8-qdq.")}
    assert verdicts["sm86"].reason == "FP8 needs compute capability 8.9, the target has 8.6"
    assert verdicts["sm89"].runs


def test_a_target_that_the_release_cannot_build_for(planned: Planned, bare: Host) -> None:
    (cell,) = planned(rtx('version: "1.4.0", cuda: "12.9", targets: [sm90]'), bare).cells
    assert cell.cases[0].verdict.reason == "TensorRT-RTX 1.4.0 does not build for compute capability 9.0"


def test_rtx_runs_without_a_gpu_but_not_for_the_device(planned: Planned, bare: Host) -> None:
    (cell,) = planned(rtx('version: "1.7.1", cuda: "12.9", targets: [sm86, device]'), bare).cells
    verdicts = {case.case.id: case.verdict for case in cell.cases}
    assert cell.verdict.runs
    assert verdicts["face.onnx.fp32.sm86"].runs
    assert "no NVIDIA GPU" in verdicts["face.onnx.fp32.device"].reason


def test_every_lack_of_the_host_is_named_at_once(planned: Planned, bare: Host) -> None:
    assert only_reason(planned(image("8.6.1", "24.01"), bare)) == (
        "no Docker daemon answers on this host; no NVIDIA GPU on this host (TensorRT needs one even to build)"
    )


def test_what_a_release_lacks_comes_before_what_the_host_lacks(planned: Planned, bare: Host) -> None:
    assert lacking(planned(image("8.6.1", "24.01"), bare))["onnx.fp16-typed"] == STRONG


def test_an_ordinary_gpu_host_runs_it(planned: Planned, workstation: Host) -> None:
    (cell,) = planned(image("8.6.1", "24.01"), workstation).cells
    assert cell.verdict.runs


@pytest.mark.parametrize(
    ("gpu", "version", "tag", "words"),
    [
        ("RTX 5090 (sm120)", "10.5", "24.10", "TensorRT 10.5 does not support this GPU, compute capability 12.0"),
        ("RTX 4080 (sm89)", "8.4.2", "22.08", "TensorRT 8.4.2 does not support this GPU, compute capability 8.9"),
        ("GTX 1080 Ti (sm61)", "10.0.1", "24.05", "does not support this GPU, compute capability 6.1"),
        ("Tesla V100 (sm70)", "10.8.0", "25.01", "does not support this GPU, compute capability 7.0"),
    ],
)
def test_the_gpu_against_the_release(
    planned: Planned, workstation: Host, gpu: str, version: str, tag: str, words: str
) -> None:
    host = msgspec.structs.replace(workstation, gpus=[f"NVIDIA {gpu}"], driver="615.61")
    assert words in only_reason(planned(image(version, tag), host))


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        ("530.30.02", "driver 530.30.02 is too old for image 24.01-py3, which needs 545"),
        ("535.86.10", ""),
        ("545.23.08", ""),
        ("470.42.01", "is too old for image 24.01-py3"),
    ],
)
def test_the_driver_against_the_image(planned: Planned, workstation: Host, driver: str, words: str) -> None:
    host = msgspec.structs.replace(workstation, driver=driver)
    (cell,) = planned(image("8.6.1", "24.01"), host).cells
    assert words in cell.verdict.reason
    assert cell.verdict.runs is (not words)


def test_the_driver_against_the_family_where_the_image_says_nothing(planned: Planned, workstation: Host) -> None:
    host = msgspec.structs.replace(workstation, driver="575.51.03")
    reason = only_reason(planned(image("11.0.0", "26.06"), host))
    assert reason == "driver 575.51.03 is too old for CUDA 13.3, which needs 580"


REDIST = 'version: "8.6.1", cuda: "{cuda}", python: "{python}", source: "redist:{base}"'


@pytest.mark.parametrize(
    ("cuda", "python", "base", "words"),
    [
        ("13.0", "3.10", "ubuntu-22.04", "TensorRT 8.6.1 has no build for CUDA 13.0 (11.0 to 12.1)"),
        ("12.0", "3.12", "ubuntu-22.04", "TensorRT 8.6.1 has no bindings for Python 3.12 (3.6 to 3.11)"),
        ("12.0", "3.6", "ubuntu-16.04", "TensorRT 8.6.1 is not made for Ubuntu 16.04 (18.04 to 20.04)"),
    ],
)
def test_cuda_python_and_ubuntu_against_the_release(
    planned: Planned, workstation: Host, cuda: str, python: str, base: str, words: str
) -> None:
    assert words in only_reason(planned(text(REDIST.format(cuda=cuda, python=python, base=base)), workstation))


def test_what_is_newer_than_the_release_knows_is_tried_and_noted(planned: Planned, workstation: Host) -> None:
    plan = planned(text(REDIST.format(cuda="12.4", python="3.10", base="ubuntu-22.04")), workstation)
    assert plan.cells[0].verdict.runs
    assert "CUDA 12.4 is newer than any that TensorRT 8.6.1 names (11.0 to 12.1)" in plan.notes[0]


def test_redistributable_libraries_are_attested_without_a_gpu(planned: Planned, bare: Host) -> None:
    host = msgspec.structs.replace(bare, docker="27.3.1")
    (cell,) = planned(text(REDIST.format(cuda="12.0", python="3.10", base="ubuntu-22.04")), host).cells
    assert cell.verdict.runs


def test_the_environment_is_asked_only_where_the_rest_fits(
    expanded: Callable[[str], Matrix], bare: Host, workstation: Host
) -> None:
    asked: list[str] = []

    def missing(cell: object) -> str:
        asked.append(str(cell))
        return "no space"

    matrix = expanded(image("8.6.1", "24.01"))
    preflight(matrix, bare, missing, lambda _: Cost())
    assert asked == []
    plan = preflight(matrix, workstation, missing, lambda _: Cost())
    assert len(asked) == 1
    assert only_reason(plan) == "no space"
    assert plan.cells[0].cost is None


@pytest.mark.parametrize(("target", "version"), [("sm86", "8.6"), ("sm120", "12.0"), ("sm75", "7.5")])
def test_targets_are_compute_capabilities(target: str, version: str) -> None:
    assert sm_version(target) == version
