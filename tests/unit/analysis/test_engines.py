from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.engines import load

INSPECTOR_8 = {
    "Name": "conv1",
    "LayerType": "CaskConvolution",
    "Inputs": [{"Name": "x", "Format/Datatype": "Row major linear FP16 format"}],
    "Outputs": [],
    "TacticValue": "0x1a2b",
}
INSPECTOR_10 = {
    "Name": "conv1",
    "Inputs": [{"Name": "x", "Format": "Linear", "Datatype": "Half"}],
    "TacticName": "sm80_xmma_fprop",
}
LOGGED_10 = "Name: conv1, LayerType: gemm, Inputs: [ { Format: Linear, Datatype: Half }], TacticName: gemm_a, x"


@pytest.mark.parametrize(
    ("layer", "tactic", "formats"),
    [
        ({"inspector": INSPECTOR_8}, "0x1a2b", ("Row major linear FP16 format",)),
        ({"inspector": INSPECTOR_10}, "sm80_xmma_fprop", ("Linear",)),
        ({"text": LOGGED_10}, "gemm_a", ("Linear",)),
        ({"text": "Layer(Conv): conv1, Tactic: 0x00000000, in (Half[1,3]) -> out (Half[1])"}, "0x00000000", ()),
        ({"inspector": "conv1"}, "", ()),
    ],
)  # fmt: skip
def test_reads_every_dialect(tmp_path: Path, layer: dict[str, Any], tactic: str, formats: tuple[str, ...]) -> None:
    stored = {"source": "x", "layers": [{"name": "conv1", "type": "t", "inputs": ["Half"], "outputs": []} | layer]}
    (tmp_path / "layers.json").write_text(json.dumps(stored), encoding="utf-8")
    (found,) = load(tmp_path)
    assert (found.name, found.types, found.tactic, found.formats) == ("conv1", ("Half",), tactic, formats)


def test_a_damaged_file_is_no_layers(tmp_path: Path) -> None:
    (tmp_path / "layers.json").write_text('{"layers": [{"na', encoding="utf-8")
    assert load(tmp_path) == []
    assert load(tmp_path / "nowhere") == []
