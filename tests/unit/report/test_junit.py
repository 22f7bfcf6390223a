from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from msgspec.structs import replace

from harness.report import junit
from tests import sample

# The structure that CI systems agree on, written down from their own documents.
XSD = Path(__file__).with_name("junit.xsd")


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(junit.encode(sample.results()))


def test_the_file_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_bytes(junit.encode(sample.results()))
    xmlschema.XMLSchema(XSD).validate(path)


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_bytes(junit.encode(sample.results()).replace(b"<skipped", b"<omitted"))
    assert not xmlschema.XMLSchema(XSD).is_valid(path)


def test_counts_agree_with_the_cases(root: ET.Element) -> None:
    assert {name: int(root.attrib[name]) for name in ("tests", "failures", "errors")} == {
        "tests": len(root.findall(".//testcase")),
        "failures": len(root.findall(".//failure")),
        "errors": len(root.findall(".//error")),
    }
    assert len(root.findall(".//skipped")) == 48


@pytest.mark.parametrize(
    ("case", "kind", "words"),
    [
        ("retinaface-mnet025-640.onnx.int8-qdq.sm86", "failure", "Assertion scales.size() == 1 failed"),
        ("retinaface-mnet025-640.onnx.bf16-typed.sm89", "error", "ended with signal SIGSEGV"),
        ("retinaface-mnet025-640.plugin.fp32.device", "skipped", "not-run: no NVIDIA driver"),
    ],
)
def test_each_outcome_has_its_element(root: ET.Element, case: str, kind: str, words: str) -> None:
    found = root.find(f".//testcase[@name='{case}']/{kind}")
    assert found is not None
    assert words in found.attrib["message"]


def test_a_passed_case_in_a_cell_with_another_version_fails() -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    assert cell.attestation is not None
    wrong = replace(cell, attestation=replace(cell.attestation, library_version="1.6.1"))
    root = ET.fromstring(junit.encode(sample.assemble([wrong])))
    assert root.attrib["failures"] == root.attrib["tests"] == "16"


def test_what_xml_cannot_hold_is_shown() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = replace(cell.cases[6], reason="\x00\x1b[31m\ufffe\ud800]]><x>")
    root = ET.fromstring(junit.encode(sample.assemble([replace(cell, cases=[case])])))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == "\\x00\\x1b[31m\ufffd\\ud800]]><x>"
