"""A user's plugin libraries in a real TensorRT-RTX, which registers plugins and takes none into a network."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from harness.evidence.read import read_attestation
from harness.findings.classify import classify_file
from tests.cell.conftest import Bench
from tests.cell.models import convolution
from tests.plugin.conftest import headers  # noqa: F401 - a fixture

pytestmark = [pytest.mark.cell, pytest.mark.plugin]

SOURCE = Path(__file__).parents[1] / "plugin" / "identity.cpp"
NOT_TAKEN = "INetworkDefinition.add_plugin_v3 is missing: the release takes no plugin"

Compile = Callable[..., str]


@pytest.fixture
def compiled(headers: Path, tmp_path: Path) -> Compile:  # noqa: F811 - the fixture
    """Compiles the test's plugin, or another source, against the headers of the cell's release."""
    if shutil.which("c++") is None:
        pytest.skip("no c++ on this machine: the test's plugin was not compiled")

    def make(name: str, *flags: str, source: str = "") -> str:
        path, text = tmp_path / name, tmp_path / f"{name}.cpp"
        text.write_text(source or SOURCE.read_text())
        places = [f"-isystem{headers.parent / 'TRT-RTX-1.7'}", f"-isystem{headers.parent}"]
        command = ["c++", "-std=c++17", "-shared", "-fPIC", *places, str(text), "-o", str(path), *flags]
        subprocess.run(command, check=True, capture_output=True, text=True)
        return str(path)

    return make


def ran(bench: Bench, *plugins: str, model: str = "") -> tuple[str, str]:
    options: dict[str, Any] = {"plugins": list(plugins)}
    bench.run(bench.case("own", options=options, **({"model": model} if model else {})))
    return bench.outcome("own")


@pytest.mark.parametrize(("flags", "way"), [((), "dlopen"), (("-DBY_FUNCTION",), "IPluginRegistry.load_library")])
def test_the_evidence_names_the_library_and_what_it_brought(
    bench: Bench, compiled: Compile, flags: tuple[str, ...], way: str
) -> None:
    library = compiled("libown.so", *flags)
    assert ran(bench, library) == ("not-applicable", NOT_TAKEN)
    event = bench.event("own", "plugin-library")
    digest = hashlib.sha256(Path(library).read_bytes()).hexdigest()
    assert event["creators"] == [{"name": "TestIdentity", "version": "1", "namespace": ""}]
    assert (event["library"], event["sha256"], event["way"]) == ("libown.so", digest, way)
    attested = read_attestation(bench.out)
    assert attested is not None
    assert [(each.library, each.sha256, each.creators) for each in attested.plugins] == [
        ("libown.so", digest, ["TestIdentity 1"])
    ]


def test_a_library_that_brings_nothing_is_told_and_costs_nothing(bench: Bench, compiled: Compile) -> None:
    assert ran(bench, compiled("libnone.so", source="int nothing;")) == ("passed", "")
    assert bench.event("own", "plugin-library")["creators"] == []
    assert "plugin-library-empty" in rules(bench)


def test_a_library_may_need_one_that_is_given_before_it(bench: Bench, compiled: Compile) -> None:
    base = compiled("libbase.so", "-Wl,-soname,libbase.so", source="int base() { return 1; }")
    user = compiled("libuser.so", base, source="int base(); int user() { return base(); }")
    # The linker must find it by its name, not by the place where it was linked.
    assert ran(bench, base, user) == ("passed", "")
    assert [event["library"] for event in bench.events("own") if event["event"] == "plugin-library"] == [
        "libbase.so",
        "libuser.so",
    ]


def test_a_missing_library_a_missing_symbol_and_another_machine_are_the_reason(bench: Bench, compiled: Compile) -> None:
    base = compiled("libbase.so", "-Wl,-soname,libbase.so", source="int base() { return 1; }")
    user = compiled("libuser.so", base, source="int base(); int user() { return base(); }")
    symbol = compiled("libsymbol.so", "-Wl,-z,now", source="int absent(); int user() { return absent(); }")
    other = bytearray(Path(base).read_bytes())
    other[18:20] = (183).to_bytes(2, "little")
    Path(base).with_name("libarm.so").write_bytes(other)
    Path(base).with_name("libshort.so").write_bytes(other[:64].replace(bytes([183, 0]), bytes([62, 0]), 1))
    wanted = {
        "libuser.so": "needs another library: give that one before it in `plugins`: libbase.so: cannot open",
        "libsymbol.so": "is built for another release: build it with this release's headers: ",
        "libarm.so": "is built for aarch64, this cell runs on x86_64: build it for x86_64",
        "libshort.so": "cannot be loaded: ",
    }
    cases = [bench.case(name, options={"plugins": [str(Path(user).with_name(name))]}) for name in wanted]
    bench.run(*cases)
    assert symbol.endswith("libsymbol.so")
    for name, words in wanted.items():
        outcome, reason = bench.outcome(name)
        assert outcome == "failed"
        assert f"plugin: {name}: {words}" in reason
        assert "plugin-library-not-loaded" in rules(bench, name)


def test_a_library_that_dies_costs_its_case_alone(bench: Bench, compiled: Compile) -> None:
    dying = compiled("libdies.so", source="#include <cstdlib>\nstruct D { D() { std::abort(); } } d;")
    bench.run(bench.case("dies", options={"plugins": [dying]}), bench.case("other"))
    assert bench.outcome("dies") == ("crashed", "signal SIGABRT")
    assert bench.outcome("other") == ("passed", "")


def test_standard_plugins_are_there_where_onnx_does_not_know_an_operator(bench: Bench) -> None:
    bench.run(bench.case("own", options={"unknown_operators": ["EfficientNMS_TRT"]}), bench.case("plain"))
    assert bench.event("own", "standard-plugins")["done"] is True
    assert not [event for event in bench.events("plain") if event["event"] == "standard-plugins"]


def test_the_parser_ends_its_process_over_a_plugin(bench: Bench, compiled: Compile, tmp_path: Path) -> None:
    """Why the probe stops before: what TensorRT-RTX 1.7.1 does with a plugin that is in the registry."""
    model = onnx.load(convolution(tmp_path / "plain.onnx"))
    model.graph.node[-1].op_type = "TestIdentity"
    onnx.save(model, tmp_path / "own.onnx")
    script = tmp_path / "parse.py"
    script.write_text(
        "import ctypes, json, sys\n"
        "libraries, module, own, model = json.loads(sys.argv[1])\n"
        "for path in libraries: ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)\n"
        "trt = __import__(module)\n"
        "builder = trt.Builder(trt.Logger(trt.Logger.VERBOSE))\n"
        "ctypes.CDLL(own, mode=ctypes.RTLD_GLOBAL)\n"
        "network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))\n"
        "trt.OnnxParser(network, trt.Logger(trt.Logger.VERBOSE)).parse(open(model, 'rb').read())\n"
    )
    told = json.dumps(
        [*[bench.prepared.libraries], bench.prepared.module, compiled("libown.so"), str(tmp_path / "own.onnx")]
    )
    done = subprocess.run([str(bench.prepared.handle), str(script), told], capture_output=True, text=True, check=False)
    assert "Successfully created plugin: TestIdentity" in done.stdout
    assert "terminate called without an active exception" in done.stderr
    assert done.returncode == -6


def rules(bench: Bench, case: str = "own") -> list[str]:
    return [finding.rule for finding in classify_file(bench.out / case / "tensorrt.log").findings]
