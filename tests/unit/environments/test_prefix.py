from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.environments import prefix, prefix_layout, stand_in
from harness.environments.prefix_layout import Layout
from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell, EnvironmentKind
from harness.versions import Release

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
RELEASE = Release.parse("8.6.1")

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


def cell(place: Path, release: str = "8.6.1") -> Cell:
    return Cell(Release.parse(release), "12.0", None, PYTHON, EnvironmentKind.PREFIX, f"prefix:{place}")


def compiled(path: Path, *words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [
        "cc",
        "-shared",
        "-fPIC",
        "-xc",
        "/dev/null",
        "-xnone",
        f"-Wl,-soname,{path.name}",
        "-o",
        str(path),
        *words,
    ]
    subprocess.run(command, check=True)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A prefix of empty libraries, as ``fetch`` lays it out, without NVIDIA's plugins."""
    for name in ("libnvinfer.so.8", "libnvparsers.so.8", "libnvonnxparser.so.8"):
        compiled(tmp_path / "trt" / "lib" / name)
    (tmp_path / "trt" / f"python{PYTHON}").mkdir()
    return tmp_path / "trt"


def test_a_missing_directory_names_the_way_to_make_it(tmp_path: Path) -> None:
    assert prefix.missing(cell(tmp_path / "none")).endswith(
        f"no such directory; `trt-matrix fetch tensorrt 8.6.1 --to {tmp_path}/none` makes it"
    )


def test_another_release_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libnvinfer.so.8").touch()
    assert prefix.missing(cell(tmp_path, "10.15.1")) == f"{tmp_path}: holds no libnvinfer.so.10"


def test_bindings_for_another_python_do_not_serve(tmp_path: Path) -> None:
    (tmp_path / "libnvinfer.so.8").touch()
    (tmp_path / "python3.4").mkdir()
    assert f"no bindings for Python {PYTHON}" in prefix.missing(cell(tmp_path))


def test_a_prefix_holds_no_rtx(tmp_path: Path) -> None:
    assert prefix.missing(cell(tmp_path, "tensorrt-rtx 1.7.1")) == (
        "a prefix holds TensorRT, not tensorrt-rtx 1.7.1; use wheels"
    )


def test_the_wheel_of_nvidias_tarball_is_found(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libnvinfer.so.8").touch()
    (tmp_path / "python").mkdir()
    wheel = tmp_path / "python" / "tensorrt-8.6.1-cp310-none-linux_x86_64.whl"
    wheel.touch()
    (tmp_path / "python" / "tensorrt_lean-8.6.1-cp310-none-linux_x86_64.whl").touch()
    assert prefix_layout.find(tmp_path, RELEASE, "3.10") == Layout(tmp_path, tmp_path / "lib", None, wheel)


@needs_compiler
def test_the_libraries_stay_where_they_are(place: Path, tmp_path: Path) -> None:
    prepared = prefix.provision(cell(place), tmp_path / "cache", lambda _: None)
    core, plugins, *parsers = map(Path, prepared.libraries)
    assert core == place / "lib" / "libnvinfer.so.8"
    assert plugins.is_relative_to(tmp_path / "cache")
    assert [path.name for path in parsers] == ["libnvparsers.so.8", "libnvonnxparser.so.8"]
    assert prepared.module == "tensorrt_bindings"


@needs_compiler
def test_the_cells_python_finds_the_bindings_of_the_prefix(place: Path, tmp_path: Path) -> None:
    (place / f"python{PYTHON}" / "tensorrt_bindings.py").write_text("print('bindings of the prefix')")
    prepared = prefix.provision(cell(place), tmp_path / "cache", lambda _: None)
    done = subprocess.run(
        [str(prepared.handle), "-I", "-c", "import tensorrt_bindings"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "bindings of the prefix\n"


@needs_compiler
def test_plugins_that_load_are_used(place: Path, tmp_path: Path) -> None:
    compiled(place / "lib" / "libnvinfer_plugin.so.8")
    prepared = prefix.provision(cell(place), tmp_path / "cache", lambda _: None)
    assert prepared.libraries[1] == str(place / "lib" / "libnvinfer_plugin.so.8")


@needs_compiler
def test_plugins_that_do_not_load_are_replaced_with_the_reason(place: Path, tmp_path: Path) -> None:
    compiled(tmp_path / "libcublas.so.12")
    needing = ["-Wl,--no-as-needed", str(tmp_path / "libcublas.so.12")]
    compiled(place / "lib" / "libnvinfer_plugin.so.8", *needing)
    (tmp_path / "libcublas.so.12").unlink()
    prepared = prefix.provision(cell(place), tmp_path / "cache", lambda _: None)
    assert b"libcublas.so.12: cannot open shared object" in Path(prepared.libraries[1]).read_bytes()


@needs_compiler
def test_a_changed_library_is_another_environment(place: Path) -> None:
    before = prefix.digest(cell(place))
    compiled(place / "lib" / "libnvinfer_builder_resource.so.8.6.1")
    assert prefix.digest(cell(place)) != before


def test_without_a_compiler_there_is_no_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(EnvironmentUnavailable, match="no C compiler is here to make a stand-in; install gcc"):
        stand_in.make(tmp_path, "libnvinfer_plugin.so.8", "it is absent")
