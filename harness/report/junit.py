"""``junit.xml``: a test suite per cell and a test case per case, as CI systems read it.

A case that crashed or timed out is an ``error``, one that failed a ``failure``, one that did not run ``skipped``.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from harness.evidence.records import CaseRecord, CellRecord, Outcome, Results
from harness.neutral import neutral
from harness.report.grid import shadowed

# What XML 1.0 cannot hold even as a character reference. Said by what it has not, this takes 20 ms to compile.
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")

_ERRORS = (Outcome.CRASHED, Outcome.TIMED_OUT)
_SKIPPED = (Outcome.NOT_RUN, Outcome.NOT_APPLICABLE)


def encode(results: Results) -> bytes:
    """The file's bytes, with the XML declaration."""
    root = ET.Element("testsuites", {"name": "trt-matrix"})
    totals = [0, 0, 0]
    seconds = 0.0
    for cell in results.cells:
        suite = _suite(cell, results.run.started)
        root.append(suite)
        totals = [total + int(suite.attrib[name]) for total, name in zip(totals, _COUNTED, strict=True)]
        seconds += float(suite.attrib["time"])
    root.attrib.update(zip(_COUNTED, map(str, totals), strict=True))
    root.attrib["time"] = f"{seconds:.3f}"
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


_COUNTED = ("tests", "failures", "errors")


def _suite(cell: CellRecord, started: str) -> ET.Element:
    red = shadowed(cell)
    cases = [_case(cell, case, red) for case in cell.cases]
    seconds = sum(case.duration_s or 0.0 for case in cell.cases)
    suite = ET.Element(
        "testsuite",
        {
            "name": _xml(cell.id),
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": str(sum(case.find("error") is not None for case in cases)),
            "skipped": str(sum(case.find("skipped") is not None for case in cases)),
            "time": f"{seconds:.3f}",
            "timestamp": _xml(started.removesuffix("Z")),
            "hostname": "localhost",
        },
    )
    suite.append(_properties(cell))
    suite.extend(cases)
    return suite


def _properties(cell: CellRecord) -> ET.Element:
    loaded = cell.attestation
    pairs = {
        "flavour": cell.flavour,
        "version": cell.version,
        "cuda": cell.cuda,
        "environment": cell.environment,
        "loaded": loaded.library_version if loaded else "nothing",
        "library_sha256": loaded.library_sha256 if loaded else "",
    }
    element = ET.Element("properties")
    for name, value in pairs.items():
        ET.SubElement(element, "property", {"name": name, "value": _xml(value)})
    return element


def _case(cell: CellRecord, case: CaseRecord, red: bool) -> ET.Element:
    element = ET.Element(
        "testcase",
        {"classname": _xml(cell.id), "name": _xml(case.id), "time": f"{case.duration_s or 0.0:.3f}"},
    )
    bad = "error" if case.outcome in _ERRORS else "failure" if case.outcome is Outcome.FAILED or red else ""
    if case.outcome in _SKIPPED:
        ET.SubElement(element, "skipped", {"message": _xml(f"{case.outcome}: {case.reason or cell.reason}")})
    elif bad:
        message = _xml(case.reason or cell.reason or case.outcome)
        ET.SubElement(element, bad, {"message": message, "type": case.outcome.value}).text = _xml(_story(case))
    elif case.outcome is Outcome.WARNED:
        ET.SubElement(element, "system-out").text = _xml(_story(case))
    return element


def _story(case: CaseRecord) -> str:
    lines = [f"{case.outcome} at {case.stage}: {case.reason}"]
    for finding in case.findings:
        if not finding.predicted:
            lines += [f"{finding.severity}: {finding.title} ({finding.rule})", f"  {finding.explanation}"]
            lines += [f"  - {advice.standing}: {advice.text}" for advice in finding.advice]
    if case.repeat:
        lines.append(f"repeat: {case.repeat}")
    return "\n".join(lines)


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", neutral(text))
