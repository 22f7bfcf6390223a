from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.api import refresh, standins
from harness.errors import EnvironmentUnavailable
from harness.versions import Flavour, Release

_MODULE = '''
from . import impl
__version__ = "1.2.3"
attr = "left over"

class Builder:
    """A builder.

    :ivar max_threads: :class:`int` Threads.
    :ivar old_size: :class:`int` [DEPRECATED] Deprecated in TensorRT 8.3. Use the other.
    """
    def build(self, network, config=None): "Deprecated in TensorRT 10.1. Superseded."
    def plain(self, x: int) -> int: ":arg x: [DEPRECATED] this argument alone"
    max_threads = property(lambda self: 1)
    old_size = property(lambda self: 1, lambda self, value: None)

class Part(Builder):
    pass

Alias = Part
'''


@pytest.fixture
def walked(tmp_path: Path) -> dict[str, list[str | None]]:
    package = tmp_path / "site" / "tensorrt_bindings"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(_MODULE)
    (package / "impl.py").write_text("")
    out = tmp_path / "out.json"
    command = [sys.executable, "-I", str(refresh._WALK), "tensorrt_bindings", str(tmp_path / "site"), str(out)]
    subprocess.run(command, check=True)
    symbols: dict[str, list[str | None]] = json.loads(out.read_text())["symbols"]
    return symbols


def test_walks_classes_methods_and_properties(walked: dict[str, list[str | None]]) -> None:
    assert walked["Builder.build"] == ["method", "(self, network, config=None)", "10.1"]
    assert walked["Builder.max_threads"] == ["property", " (read-only)", None]
    assert walked["Builder.old_size"] == ["property", "", "8.3"]
    assert walked["Part"] == ["class", "Builder", None]
    assert walked["Alias"] == ["alias", "Part", None]


def test_a_deprecated_argument_is_no_deprecated_function(walked: dict[str, list[str | None]]) -> None:
    assert walked["Builder.plain"][2] is None


def test_leaves_out_what_the_package_left_behind(walked: dict[str, list[str | None]]) -> None:
    assert "attr" not in walked
    assert "Part.build" not in walked


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler here")
def test_standins_define_the_functions_that_bindings_name(tmp_path: Path) -> None:
    (library,) = standins.compile_standins(["libnvinfer.so.11"], tmp_path)
    loaded = ctypes.CDLL(str(library))
    assert loaded.createInferBuilder_INTERNAL() == 0


def test_reads_which_libraries_are_needed(tmp_path: Path) -> None:
    file = tmp_path / "tensorrt.so"
    file.write_bytes(b"\x7fELF\0libnvonnxparser.so.8\0libc.so.6\0libnvinfer.so.8\0")
    assert standins.needed(file) == ["libnvinfer.so.8", "libnvonnxparser.so.8"]


def test_says_that_the_compiler_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentUnavailable, match="no C compiler here"):
        standins.compile_standins(["libnvinfer.so.11"], tmp_path)


@pytest.mark.parametrize(
    ("build", "release"), [("10.13.3.9.post1", "10.13.3"), ("8.6.1", "8.6.1"), ("10.7.0.post1", "10.7.0")]
)
def test_a_build_belongs_to_a_release(build: str, release: str) -> None:
    assert refresh._release(Flavour.TENSORRT, build) == Release.parse(release)


def test_libraries_that_do_not_load_are_said_in_one_line(tmp_path: Path) -> None:
    library = tmp_path / "libnvinfer.so.8"
    library.write_text("no library")
    with pytest.raises(EnvironmentUnavailable, match=r"cannot be imported.*LD_LIBRARY_PATH"):
        refresh._walk_module("tensorrt_bindings", tmp_path, [library])
