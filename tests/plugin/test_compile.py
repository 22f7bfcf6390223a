"""The Decode plugin, compiled by NVIDIA's compiler against NVIDIA's headers, as a cell does it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.probe import plugin_library
from harness.probe.outcome import CaseFailed
from harness.subjects.retinaface import emit_network

pytestmark = pytest.mark.plugin

SOURCES = Path(emit_network.__file__).parent / "plugin"


@pytest.fixture
def tools(toolkit: Path, headers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of a cell: its compiler, its TensorRT."""
    for name in ("cmake", "c++"):
        if shutil.which(name) is None:
            pytest.skip(f"no {name} on this machine: the plugin was not compiled")
    monkeypatch.setenv("PATH", str(toolkit / "bin"), prepend=":")
    monkeypatch.setenv("TENSORRT_ROOT", str(headers))


@pytest.mark.usefixtures("tools")
def test_both_interfaces_compile_and_are_kept(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = Path(plugin_library.find_or_build(str(SOURCES), "11.4.0", str(cache)))
    symbols = _symbols(path)
    assert "decode::(anonymous namespace)::PluginV2::enqueue" in symbols
    assert "decode::(anonymous namespace)::PluginV3::enqueue" in symbols
    assert "decode_all<__half>" in symbols
    assert "decode_all<float>" in symbols
    # TensorRT's own library is asked for its registry when this one is loaded.
    assert "U getPluginRegistry" in symbols
    made = path.stat().st_mtime_ns
    assert plugin_library.find_or_build(str(SOURCES), "11.4.0", str(cache)) == str(path)
    assert path.stat().st_mtime_ns == made


@pytest.mark.usefixtures("tools")
def test_an_error_of_the_compiler_is_the_reason(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    shutil.copytree(SOURCES, sources)
    (sources / "plugin_v3.cpp").write_text("int broken = no_such_name;\n")
    with pytest.raises(CaseFailed, match=r"does not compile: .*plugin_v3.cpp:1:14: error: .*no_such_name"):
        plugin_library.find_or_build(str(sources), "11.4.0", str(tmp_path / "cache"))
    assert not list((tmp_path / "cache").glob("*/*.so"))


def test_headers_that_are_missing_are_the_reason(
    tmp_path: Path, toolkit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(toolkit / "bin"), prepend=":")
    monkeypatch.setenv("TENSORRT_ROOT", str(tmp_path))
    with pytest.raises(CaseFailed, match=r"NvInfer.h is not found: set TENSORRT_ROOT"):
        plugin_library.find_or_build(str(SOURCES), "11.4.0", str(tmp_path / "cache"))


def _symbols(path: Path) -> str:
    command: list[str | Path] = ["nm", "--demangle", path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
