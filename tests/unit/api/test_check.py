from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.api.check import Report, check, targets
from harness.api.judge import Level
from harness.api.report import report_json, report_text
from harness.cli import main
from harness.errors import InputError
from harness.support.surfaces import load
from harness.versions import Flavour, Release

_HEAD = """\
import tensorrt as trt
logger = trt.Logger(trt.Logger.WARNING)
builder = trt.Builder(logger)
network = builder.create_network(0)
config = builder.create_builder_config()
runtime = trt.Runtime(logger)
engine = runtime.deserialize_cuda_engine(b"")
context = engine.create_execution_context()
"""


def checked(tmp_path: Path, code: str, to: str = "11.4", old: str = "", head: str = _HEAD) -> Report:
    file = tmp_path / "user.py"
    file.write_text(head + code)
    return check([file], [Release.parse(to)], Release.parse(old) if old else None)


def symbols(report: Report, level: Level = Level.BROKEN) -> list[str]:
    return [finding.symbol for finding in report.findings if finding.level is level]


@pytest.mark.parametrize(
    ("code", "to", "expected"),
    [
        ("config.max_workspace_size = 1", "10.0", "IBuilderConfig.max_workspace_size"),
        ("builder.build_engine(network, config)", "11.4", "Builder.build_engine"),
        ("for i in range(engine.num_bindings): pass", "10.3", "ICudaEngine.num_bindings"),
        ("config.set_flag(trt.BuilderFlag.FP16)", "11.0", "BuilderFlag.FP16"),
        ("class C(trt.IInt8EntropyCalibrator2): pass", "11.4", "IInt8EntropyCalibrator2"),
        ("from tensorrt import UffParser", "10.0", "UffParser"),
        ("with engine, open('x'): print(len(engine))", "11.4", "ICudaEngine.__len__"),
        ("network.get_layer(0).precision = trt.int8", "11.4", "ILayer.precision"),
        ("[network.get_layer(i).set_output_type(0, trt.int8) for i in range(2)]", "11.4", "ILayer.set_output_type"),
        ("context.active_optimization_profile = 0", "11.4", "IExecutionContext.active_optimization_profile"),
        ("getattr(engine, 'get_binding_shape')(0)", "11.4", "ICudaEngine.get_binding_shape"),
        ("builder.build_cuda_engine(network)", "8.6.1", "Builder.build_cuda_engine"),
        ("builder.build_engine_with_config(network, config)", "10.3", "Builder.build_engine_with_config"),
        ("network.add_quantize(network.get_input(0), None)", "11.4", "INetworkDefinition.add_quantize"),
        ("{'e': engine, 'n': 1}['e'].num_bindings", "11.4", "ICudaEngine.num_bindings"),
        ("d = {}\nd['e'] = engine\nd.get('e').num_bindings", "11.4", "ICudaEngine.num_bindings"),
        ("for k, e in {i: engine for i in 'ab'}.items(): e.num_bindings", "11.4", "ICudaEngine.num_bindings"),
        ("found = []\nfound.append(engine)\nfor e in found: e.num_bindings", "11.4", "ICudaEngine.num_bindings"),
        (
            "class E:\n @property\n def c(self): return context\n def f(self): self.c.execute_async_v2([], 0)",
            "11.4",
            "IExecutionContext.execute_async_v2",
        ),
        ("trt.tensorrt.BuilderFlag.INT8", "11.4", "BuilderFlag.INT8"),
    ],
)
def test_finds_what_the_release_does_not_have(tmp_path: Path, code: str, to: str, expected: str) -> None:
    assert symbols(checked(tmp_path, code, to)) == [expected]


@pytest.mark.parametrize(
    "code",
    [
        "config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1)",
        "plan = builder.build_serialized_network(network, config)",
        "for name in engine: engine.get_tensor_shape(name)",
        "context.execute_async_v3(0)",
        "network.add_convolution_nd(network.get_input(0), 1, (3, 3), trt.Weights(), trt.Weights()).stride_nd = (1, 1)",
        "class Log(trt.ILogger):\n def __init__(self):\n  trt.ILogger.__init__(self)\n  self.num_bindings = 1",
        "with trt.Builder(logger) as b, b.create_network() as n, trt.OnnxParser(n, logger) as p: p.parse(b'')",
        "d = {'e': engine, 'names': []}\nprint(len(d['names']), len(d), [len(key) for key in d])",
        "import contextlib\nwith contextlib.suppress(AttributeError): config.max_workspace_size = 1",
        "print(config.__class__.__name__, trt.__version__, trt.__file__)",
    ],
)
def test_leaves_alone_what_lives(tmp_path: Path, code: str) -> None:
    report = checked(tmp_path, code)
    assert not report.broken, report_text(report)


@pytest.mark.parametrize(
    "code",
    [
        "if hasattr(config, 'max_workspace_size'):\n    config.max_workspace_size = 1",
        "if hasattr(config, 'set_memory_pool_limit'):\n    pass\nelse:\n    config.max_workspace_size = 1",
        "try:\n    config.max_workspace_size = 1\nexcept AttributeError:\n    pass",
        "x = engine.num_bindings if hasattr(engine, 'num_bindings') else engine.num_io_tensors",
        "if int(trt.__version__.split('.')[0]) < 10:\n    engine.num_bindings",
        "major = int(trt.__version__.split('.')[0])\nif major >= 10:\n pass\nelse:\n engine.num_bindings",
        "from packaging.version import parse\nif parse(trt.__version__) < parse('10.0'):\n    engine.num_bindings",
        "NEW = not hasattr(engine, 'num_bindings')\nif NEW:\n    pass\nelse:\n    engine.num_bindings",
        "def old():\n return [int(n) for n in trt.__version__.split('.')]\nif old() < [10, 0]:\n engine.num_bindings",
        "if trt.__version__.startswith('8'):\n    engine.num_bindings",
        "def f():\n if int(trt.__version__.split('.')[0]) >= 10:\n  return None\n return engine.num_bindings",
        "old = tuple(map(int, trt.__version__.split('.')[:2])) < (10, 0)\nold and engine.num_bindings",
        "getattr(engine, 'num_bindings', 0)",
        "def run():\n def old():\n  engine.num_bindings\n if hasattr(engine, 'num_bindings'):\n  old()",
    ],
)
def test_respects_guards(tmp_path: Path, code: str) -> None:
    report = checked(tmp_path, code)
    assert not report.broken, report_text(report)
    assert not checked(tmp_path, code, "8.6.1").broken


@pytest.mark.parametrize(
    "code",
    [
        "if hasattr(config, 'set_flag'):\n    config.max_workspace_size = 1",
        "if int(trt.__version__.split('.')[0]) >= 8:\n    config.max_workspace_size = 1",
        # Texts are compared by their letters: '11.4' is less than '8.4'.
        "if trt.__version__ >= '8.4':\n    pass\nelse:\n    config.max_workspace_size = 1",
        "try:\n    config.max_workspace_size = 1\nexcept ValueError:\n    pass",
        "if debug:\n    config.max_workspace_size = 1",
    ],
)
def test_sees_through_guards_that_do_not_hold(tmp_path: Path, code: str) -> None:
    assert symbols(checked(tmp_path, code)) == ["IBuilderConfig.max_workspace_size"]


def test_says_that_the_code_refuses_a_release(tmp_path: Path) -> None:
    report = checked(tmp_path, "if trt.__version__[0] < '7':\n    raise SystemExit('too old')\nengine.num_bindings")
    assert [finding.message for finding in report.findings] == [
        "this test of the version refuses tensorrt 11.4.0: what follows is not judged"
    ]


_MIXED = """\
if not hasattr(config, "max_workspace_size"):
    engine.num_io_tensors
elif trt.__version__[0] == "9":
    raise SystemExit("never tried")
def run():
    def old(): engine.get_binding_shape(0)
    if hasattr(engine, "num_bindings"): old()
    if debug: builder.build_engine(network, config)
if int(trt.__version__.split(".")[0]) < 11: config.set_flag(trt.BuilderFlag.FP16)
config.set_flag(trt.BuilderFlag.INT8)
trt.IInt8EntropyCalibrator2
"""


def test_all_releases_at_once_come_to_the_same_as_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "user.py"
    file.write_text(_HEAD + _MIXED)
    everything = targets(["all"])
    together = check([file], everything, None).findings
    assert len({finding.symbol for finding in together}) > 3
    for release in load().releases[Flavour.TENSORRT]:
        alone = {(one.line, one.symbol, one.level, one.message) for one in check([file], [release], None).findings}
        among = {(one.line, one.symbol, one.level, one.message) for one in together if release in one.releases}
        assert alone == among, release


@pytest.mark.parametrize(
    "code",
    [
        "x = {**{}, 1: 2}",
        "f = lambda *, a, b=1: a",
        "async def f(*a: int, **b: int) -> None:\n global g\n g = 1",
        "match x:\n case str(a=1, b=None) | {'k': _, **rest} | [*_]: pass",
        "try: pass\nexcept* ValueError as e: pass",
        "print(f'{x!r:>{y}}', x[1:, ...], not x, *x)",
    ],
)
def test_reads_every_kind_of_syntax(tmp_path: Path, code: str) -> None:
    report = checked(tmp_path, f"{code}\nengine.num_bindings")
    assert (report.notes, symbols(report)) == ([], ["ICudaEngine.num_bindings"])


def test_follows_types_through_functions_classes_and_files(tmp_path: Path) -> None:
    (tmp_path / "common.py").write_text("def allocate(engine):\n    return engine.get_binding_shape(0)\n")
    (tmp_path / "main.py").write_text(
        "import tensorrt as trt\n"
        "import common\n"
        "def load() -> 'trt.ICudaEngine':\n"
        "    return trt.Runtime(trt.Logger()).deserialize_cuda_engine(b'')\n"
        "class Model:\n"
        "    def __init__(self):\n"
        "        self.engine = load()\n"
        "        self.context, self.n = self.engine.create_execution_context(), 1\n"
        "    def run(self):\n"
        "        self.context.execute_async_v2([], 0)\n"
        "        common.allocate(self.engine)\n"
    )
    report = check([tmp_path], [Release.parse("11.4")], None)
    places = [(Path(finding.file).name, finding.line, finding.symbol) for finding in report.findings]
    assert places == [
        ("common.py", 2, "ICudaEngine.get_binding_shape"),
        ("main.py", 10, "IExecutionContext.execute_async_v2"),
    ]


def test_files_of_the_same_name_are_all_checked(tmp_path: Path) -> None:
    for name in ("pack/pack.py", "pack/__init__.py", "other/pack.py", "__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import tensorrt as trt\ntrt.BuilderFlag.FP16\n")
    assert symbols(check([tmp_path], [Release.parse("11.4")], None)) == ["BuilderFlag.FP16"] * 4


def test_a_receiver_that_is_not_known_is_judged_by_the_name(tmp_path: Path) -> None:
    report = checked(
        tmp_path, "def f(e, args):\n e.get_binding_shape(0)\n args.max_workspace_size\n args.max_batch_size"
    )
    assert symbols(report, Level.LIKELY) == ["ICudaEngine.get_binding_shape"]
    assert report.broken


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nmodel = torch.load('x')\nmodel.build_engine(1)\nmodel.get_binding_shape(0)",
        "class Engine:\n    num_bindings = 2\ne = Engine()\ne.num_bindings\ne.max_batch_size",
        "import numpy as np\nnp.zeros(3).dynamic_range",
        "def f(engine):\n    return engine.num_bindings + engine.get_binding_shape(0)",
    ],
)
def test_no_alarm_on_code_of_other_libraries(tmp_path: Path, code: str) -> None:
    assert checked(tmp_path, code, head="").findings == []


def test_deprecated_uses_are_told_and_break_nothing(tmp_path: Path) -> None:
    report = checked(tmp_path, "config.set_flag(trt.BuilderFlag.FP16)", "10.12")
    assert symbols(report, Level.DEPRECATED) == ["BuilderFlag.FP16"]
    assert not report.broken


def test_what_today_lacks_too_is_left_out(tmp_path: Path) -> None:
    code = "builder.build_cuda_engine(network)\nbuilder.build_engine(network, config)"
    assert symbols(checked(tmp_path, code, "11.4", old="8.6.1")) == ["Builder.build_engine"]


def test_tensorrt_rtx_has_another_module(tmp_path: Path) -> None:
    report = checked(tmp_path, "config.set_flag(trt.BuilderFlag.INT8)", "tensorrt-rtx 1.7.1")
    assert symbols(report) == ["tensorrt", "BuilderFlag.INT8"]


def test_a_comment_ignores_with_a_reason(tmp_path: Path) -> None:
    report = checked(tmp_path, "engine.num_bindings  # trt-matrix: ignore[runs on 8.6 alone]\n")
    assert not report.broken
    assert [reason for _, reason in report.ignored] == ["runs on 8.6 alone"]


def test_columns_count_characters(tmp_path: Path) -> None:
    (finding,) = checked(tmp_path, "'größe', engine.num_bindings").findings
    assert (finding.column, finding.end_column) == (17, 29)


def test_all_releases_are_told_for_one_place(tmp_path: Path) -> None:
    file = tmp_path / "user.py"
    file.write_text(_HEAD + "engine.num_bindings\n")
    report = check([file], [Release.parse("10.0"), Release.parse("11.4"), Release.parse("8.6.1")], None)
    assert "[on tensorrt 10.0.1, tensorrt 11.4.0]" in report_text(report)


def test_a_file_that_is_no_python_3_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "old.py"
    file.write_text("print 'python 2'\n")
    report = check([file], [Release.parse("11.4")], None)
    assert "it is no Python 3" in report.notes[0]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name a readable file"):
        check([tmp_path / "none.py"], [Release.parse("11.4")], None)


def test_steering_text_is_neutralised(tmp_path: Path) -> None:
    report = checked(tmp_path, "engine.num_bindings  # trt-matrix: ignore[\x1b[2Jgone]\n")
    assert "\x1b" not in report_text(report)


def test_the_command_ends_with_1_on_breakage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "user.py"
    file.write_text(_HEAD + "engine.num_bindings\n")
    assert main(["api", "check", str(file), "--to", "11.4", "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["line"], finding["column"], finding["gone_from"]) == (9, 8, "tensorrt 10.0.1")
    assert main(["api", "check", str(file), "--to", "8.6.1"]) == 0


def test_sarif_is_of_its_version_and_places_the_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "user.py"
    file.write_text(_HEAD + "engine.num_bindings\nengine.num_bindings  # trt-matrix: ignore[known]\n")
    main(["api", "check", str(file), "--to", "11.4", "--sarif"])
    found = json.loads(capsys.readouterr().out)
    results = found["runs"][0]["results"]
    assert found["version"] == "2.1.0"
    assert results[0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 9,
        "startColumn": 8,
        "endColumn": 20,
    }
    assert results[1]["suppressions"][0]["justification"] == "known"


def test_json_names_every_file(tmp_path: Path) -> None:
    report = checked(tmp_path, "")
    assert report_json(report)["files"] == [str(tmp_path / "user.py")]
