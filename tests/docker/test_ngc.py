"""The template for NVIDIA's images, over stand-ins that are named as such: no registry of NVIDIA's is at hand here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from harness.environments import docker
from harness.environments.context import Entry, folder, stream
from harness.environments.dockerfile import Recipe
from harness.environments.engine import Engine
from tests.docker.conftest import Hostile
from tests.plugin.conftest import CACHE, fetched, headers, toolkit  # noqa: F401
from tests.unit.environments.cells import docker_cell

pytestmark = pytest.mark.docker

BASE = "python:3.11-slim-bookworm"
# Debian's compiler from packages, NVIDIA's from PyPI, headers where NVIDIA's image has them; no TensorRT, no driver.
TOOLCHAIN = (
    "ARG BASE\nFROM ${BASE}\nCOPY debs/ /debs/\nRUN dpkg -i /debs/*.deb >/dev/null && rm -rf /debs\n"
    "COPY cuda/ /usr/local/cuda/\nCOPY trt/ /usr/include/x86_64-linux-gnu/\n"
    "RUN touch /usr/lib/python3/dist-packages/tensorrt.py && cd /usr/local/cuda/lib && mkdir stubs"
    " && ln -s libcurand.so.10 libcurand.so && ln -s libcudart.so.13 libcudart.so"
    " && echo | gcc -shared -x c - -o stubs/libcuda.so -Wl,-soname,libcuda.so.1\n"
)


def debs(daemon_folder: Path) -> Path:
    """A compiler's packages that the base lacks, fetched by apt as for a machine in the base's state."""
    place = daemon_folder / "debs"
    if not place.exists():
        status, fresh = daemon_folder / "status", daemon_folder / "debs.part"
        shutil.rmtree(fresh, ignore_errors=True)
        (fresh / "partial").mkdir(parents=True)
        with tarfile.open(daemon_folder / "base.tar") as base:
            status.write_bytes(base.extractfile("./var/lib/dpkg/status").read())  # type: ignore[union-attr]
        options = ["-o", f"Dir::State::status={status}", "-o", f"Dir::Cache::archives={fresh}", "--download-only"]
        command = ["apt-get", "-qq", "--no-install-recommends", *options, "install", "g++", "make", "python3-dev"]
        if subprocess.run(command, check=False).returncode:
            pytest.skip("apt could not fetch a compiler for the stand-in: nothing was compiled in an image")
        fresh.rename(place)
    return place


@pytest.fixture
def random_numbers() -> Path:
    """cuRAND and the profiler's header, which PyCUDA wants beside the toolkit."""
    target = CACHE / "curand13"
    found = target / "nvidia" / "cu13"
    if not (found / "include" / "cudaProfiler.h").exists():
        names = ("nvidia-curand==10.*", "nvidia-cuda-profiler-api==13.*")
        fetched(["uv", "pip", "install", "--python", sys.executable, "--target", target, *names])
    return found


@pytest.fixture
def with_compilers(
    engine: Engine,
    daemon_folder: Path,
    toolkit: Path,  # noqa: F811
    headers: Path,  # noqa: F811
    random_numbers: Path,
) -> str:
    tag = "trt-matrix-test/stand-in-for-ngc-with-compilers"
    parts = [*folder("debs", debs(daemon_folder), skip=("partial", "lock"))]
    parts += [*folder("cuda", toolkit), *folder("cuda", random_numbers), *folder("trt", headers)]
    recipe = Recipe(tag, TOOLCHAIN, (("BASE", BASE),), "")
    engine.build(recipe, stream([Entry("Dockerfile", data=TOOLCHAIN.encode()), *parts]), {}, 600, print)
    return recipe.tag


def test_the_image_compiles_the_plugin_and_pycuda(
    engine: Engine, cache: Path, with_compilers: str, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = docker_cell("10.15.1", "image", image=with_compilers)
    prepared = docker.provision(cell, cache, print)
    monkeypatch.setattr("tests.docker.conftest.str", lambda _: prepared.handle, raising=False)
    code = (
        "import glob, importlib.metadata as m; print(m.version('pycuda'), *glob.glob('/opt/trt-matrix/*.log'));"
        "print(*glob.glob('/opt/trt-matrix/lib/*'), flush=True);"
        # NVIDIA's image has its toolkit's folder among the loader's.
        "import ctypes; ctypes.CDLL('/usr/local/cuda/lib/libcurand.so.10'); import pycuda.driver"
    )
    ending, lines = hostile(code)
    assert lines[:2] == ["2026.1", "/opt/trt-matrix/lib/libtrt_matrix_decode.so"]
    # As far as it goes without a driver: the module is loaded and misses the driver's functions, which the stand-in's
    # empty stub has not either.
    assert ending.status == 1
    assert "undefined symbol: cu" in lines[-1]


def test_a_base_that_cannot_compile_is_a_good_image(
    engine: Engine, cache: Path, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "ARG BASE\nFROM ${BASE}\nRUN touch /usr/lib/python3/dist-packages/tensorrt.py\n"
    recipe = Recipe("trt-matrix-test/stand-in-for-ngc-without-compilers", text, (("BASE", BASE),), "")
    engine.build(recipe, stream([Entry("Dockerfile", data=text.encode())]), {}, 60, print)
    said: list[str] = []
    prepared = docker.provision(docker_cell("10.15.1", "image", image=recipe.tag), cache, said.append)
    monkeypatch.setattr("tests.docker.conftest.str", lambda _: prepared.handle, raising=False)
    ending, lines = hostile("import glob; print(*sorted(glob.glob('/opt/trt-matrix/*.log')))")
    assert (ending.status, lines) == (0, ["/opt/trt-matrix/plugin.log /opt/trt-matrix/pycuda.log"])


def test_preflight_asks_the_image_what_driver_it_needs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ARG BASE\nFROM ${BASE}\nENV NVIDIA_REQUIRE_CUDA=cuda>=12.9\n"
    recipe = Recipe("trt-matrix-test/stand-in-for-ngc-of-cuda-12.9", text, (("BASE", BASE),), "")
    engine.build(recipe, stream([Entry("Dockerfile", data=text.encode())]), {}, 60, print)
    cell = docker_cell("10.15.1", "image", image=recipe.tag)
    assert docker.missing(cell).startswith("no-gpu: ")
    monkeypatch.setattr("harness.environments.gpu.driver", lambda: "550.54.15")
    monkeypatch.setattr("harness.environments.gpu.driver_cuda", lambda: "12.4")
    assert docker.missing(cell).startswith("toolkit-missing: ")
    monkeypatch.setattr("harness.environments.gpu._HOOKS", ("sh",))
    assert docker.missing(cell).startswith("driver-too-old: the image asks for cuda>=12.9; driver 550.54.15 supports")
    monkeypatch.setattr("harness.environments.gpu.driver_cuda", lambda: "12.9")
    assert docker.missing(cell) == ""
