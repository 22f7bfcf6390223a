from __future__ import annotations

from harness.findings.audit.model import BlobAudit, FileAudit, PrecisionCount
from harness.findings.classify import classify_text
from harness.findings.reconcile import Reconciliation, parts, reconcile


def blob(name: str, subnormal: int, elements: int = 9) -> BlobAudit:
    counts = {"fp16": PrecisionCount(subnormal=subnormal)}
    return BlobAudit(
        name=name, shape=[elements], dtype="float32", elements=elements, zeros=0, infinities=0, nans=0, counts=counts
    )


def compare(listed: str, *blobs: BlobAudit) -> Reconciliation:
    log = f"[W] - 2 weights are affected by this issue: Detected subnormal FP16 values.\n{listed}"
    (finding,) = classify_text(log).findings
    audit = FileAudit(file="m.onnx", precisions=["fp16"], blobs=list(blobs))
    return reconcile(audit, finding, precision="fp16", kind="subnormal")


def test_matched_and_unexplained() -> None:
    found = compare("[V]   List of affected weights: a.weight, z.weight\n", blob("a.weight", 3), blob("b.weight", 2))
    assert (found.matched, found.predicted_only, found.logged_only) == (
        ["a.weight"],
        {"b.weight": ""},
        {"z.weight": ""},
    )
    assert found.unexplained == 2


def test_fused_names_are_taken_apart() -> None:
    found = compare(
        "[V]   List of affected weights: a + PWN(PWN(s), m).weight || b.weight\n",
        blob("a.weight", 3),
        blob("b.weight", 1),
    )
    assert (found.matched, found.unexplained) == (["a.weight", "b.weight"], 0)


def test_without_names_each_difference_has_its_cause() -> None:
    found = compare("", blob("a.weight", 3))
    assert (found.logged, found.predicted, found.unexplained) == (2, 1, 0)


def test_a_single_number_is_folded() -> None:
    found = compare("[V]   List of affected weights: a.weight\n", blob("a.weight", 3), blob("s", 1, elements=1))
    assert found.predicted_only["s"].startswith("a single number")


def test_a_bias_is_counted_like_a_kernel() -> None:
    """Measured on 8.6.1: a bias that the log leaves out has no known cause and stays unexplained."""
    found = compare("[V]   List of affected weights: a.weight\n", blob("a.weight", 3), blob("c.bias", 1, elements=8))
    assert found.predicted_only["c.bias"] == ""
    assert found.unexplained == 1


def test_parts() -> None:
    assert parts("Conv_620 + PWN(PWN(Sigmoid_621), Mul_622).weight") == ["Conv_620", "PWN(PWN(Sigmoid_621), Mul_622)"]


def test_one_weight_folded_into_two_norms_matches_its_name() -> None:
    found = compare(
        "[V]   List of affected weights: a.weight, b.weight\n", blob("a.weight (n1.weight)", 3), blob("b.weight", 1)
    )
    assert (found.matched, found.unexplained) == (["a.weight (n1.weight)", "b.weight"], 0)


def test_a_weight_goes_by_the_node_that_reads_it() -> None:
    """As an exporter names them: the initialiser has a number, TensorRT says the node's name."""
    log = (
        "[W] - 2 weights are affected by this issue: Detected subnormal FP16 values.\n"
        "[V]   List of affected weights: /body/conv1/Conv + /body/act/Relu.weight, /body/conv1/Conv.bias\n"
    )
    (finding,) = classify_text(log).findings
    kernel, shift = "onnx::Conv_10", "onnx::Conv_11"
    audit = FileAudit(
        file="m.onnx",
        precisions=["fp16"],
        blobs=[blob(kernel, 3), blob(shift, 2), blob("onnx::Conv_12", 1)],
        layers={kernel: ["/body/conv1/Conv.weight"], shift: ["/body/conv1/Conv.bias"]},
    )
    found = reconcile(audit, finding, precision="fp16", kind="subnormal")
    assert found.matched == [kernel, shift]
    assert (found.predicted_only, found.logged_only) == ({"onnx::Conv_12": ""}, {})
