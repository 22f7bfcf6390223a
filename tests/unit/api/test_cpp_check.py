from __future__ import annotations

from pathlib import Path

import pytest

from harness.api.check import Report, check
from harness.api.cpp_tokens import holds, tokenize
from harness.api.judge import Level
from harness.support.surfaces import Language, load
from harness.versions import Release

_HEAD = """\
#include "NvInfer.h"
using namespace nvinfer1;
IBuilder* builder = createInferBuilder(gLogger);
INetworkDefinition* network = builder->createNetworkV2(0U);
std::unique_ptr<nvinfer1::IBuilderConfig> config{builder->createBuilderConfig()};
"""


def checked(tmp_path: Path, code: str, to: str = "11.4") -> Report:
    file = tmp_path / "user.cpp"
    file.write_text(_HEAD + code)
    return check([file], [Release.parse(to)], None)


def symbols(report: Report, level: Level = Level.BROKEN) -> list[str]:
    return [finding.symbol for finding in report.findings if finding.level is level]


def test_headers_reach_further_back_than_the_bindings() -> None:
    surfaces = load(Language.CPP)
    assert str(surfaces.since("IBuilder.setMaxBatchSize")) == "tensorrt 7.0.0"
    assert str(surfaces.gone_from("nvinfer1::IBuilder::setMaxBatchSize")) == "tensorrt 10.0.1"
    assert str(surfaces.gone_from("BuilderFlag::kFP16")) == "tensorrt 11.0.0"
    assert surfaces.surface(Release.parse("10.12")).deprecated("BuilderFlag.kFP16") == "10.12"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("builder->setMaxBatchSize(1);", "IBuilder.setMaxBatchSize"),
        ("config->setMaxWorkspaceSize(1 << 20);", "IBuilderConfig.setMaxWorkspaceSize"),
        ("config->setFlag(nvinfer1::BuilderFlag::kFP16);", "BuilderFlag.kFP16"),
        ("class C : public IInt8EntropyCalibrator2 {};", "IInt8EntropyCalibrator2"),
        ("auto* engine = runtime->deserializeCudaEngine(p, n); engine->destroy();", "ICudaEngine.destroy"),
        ("network->addInput(a, b, c)->setDynamicRange(-1, 1);", "ITensor.setDynamicRange"),
        ("void f(const ICudaEngine& engine) { engine.getNbBindings(); }", "ICudaEngine.getNbBindings"),
        ("auto e = UniquePtr<ICudaEngine>(x); e->getNbBindings();", "ICudaEngine.getNbBindings"),
        (
            "class P : public IPluginV2IOExt { bool canBroadcastInputAcrossBatch(int i) const NOEXCEPT override; };",
            "IPluginV2IOExt.canBroadcastInputAcrossBatch",
        ),
        ("using namespace nvcaffeparser1;\nICaffeParser* parser;", "nvcaffeparser1.ICaffeParser"),
        ("createNetworkV2(1U << int(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH));", "kEXPLICIT_BATCH"),
    ],
)
def test_finds_what_the_release_does_not_have(tmp_path: Path, code: str, expected: str) -> None:
    head = "IRuntime* runtime = createInferRuntime(gLogger);\n"
    (found,) = symbols(checked(tmp_path, head + code))
    assert found.endswith(expected)


@pytest.mark.parametrize(
    "code",
    [
        "config->setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, 1);",
        "cv::Mat image; image.destroy(); other->enqueue(1); std::vector<int> v; v.size();",
        '// builder->setMaxBatchSize(1);\nconst char* s = "builder->setMaxBatchSize(1)";',
        "#if NV_TENSORRT_MAJOR < 10\nbuilder->setMaxBatchSize(1);\n#endif",
        "#if NV_TENSORRT_MAJOR >= 10\n#else\nbuilder->setMaxBatchSize(1);\n#endif",
        "#define OLD (NV_TENSORRT_MAJOR * 10 + NV_TENSORRT_MINOR < 100)\n#if OLD\nbuilder->setMaxBatchSize(1);\n#endif",
        "class P : public IPluginV2IOExt { int enqueue(int n); };",
        "class P : public IPluginV2IOExt { int enqueue(int n) noexcept override { return f(n); } };",
        "class P : public IPluginV2IOExt { bool canBroadcastInputAcrossBatch(int i) const; };",
        "class P : public Mine, public IPluginV2IOExt { bool canBroadcastInputAcrossBatch(int i) const override; };",
        "template <class IPluginV2IOExt> class P; enum class E : int { free }; struct ICaffeParser; ICaffeParser* p;",
        "builder->setMaxBatchSize(1);  // trt-matrix: ignore[built on 8.6 alone]",
    ],
)
def test_leaves_alone_what_lives_or_is_not_reached(tmp_path: Path, code: str) -> None:
    assert symbols(checked(tmp_path, code)) == []


def test_an_unknown_receiver_is_judged_by_telling_names_alone(tmp_path: Path) -> None:
    report = checked(tmp_path, "thing()->getBindingDimensions(0); thing()->destroy();")
    assert symbols(report, Level.LIKELY) == ["ICudaEngine.getBindingDimensions"]
    assert "1 calls on values whose type a tokenizer cannot tell" in report.notes[0]


def test_types_come_from_included_files_too(tmp_path: Path) -> None:
    (tmp_path / "engine.h").write_text('#include "NvInfer.h"\nstruct E { nvinfer1::ICudaEngine* mEngine; };\n')
    (tmp_path / "engine.cpp").write_text('#include "engine.h"\nint f(E& e) { return e.mEngine->getNbBindings(); }\n')
    report = check([tmp_path], [Release.parse("10.0")], None)
    assert symbols(report) == ["ICudaEngine.getNbBindings"]


@pytest.mark.parametrize(
    ("name", "text", "level"),
    [
        ("log.h", "class Log : public nvinfer1::ILogger {};", Level.LIKELY),
        ("log.cpp", "class Log : public nvinfer1::ILogger {};", Level.LIKELY),
        ("log.cpp", "#include <NvInfer.h>\nclass Log : public nvinfer1::ILogger {};", None),
        ("log.cpp", "void f(nvinfer1::Dims d);", None),
    ],
)
def test_a_header_that_brings_less_is_told(tmp_path: Path, name: str, text: str, level: Level | None) -> None:
    (tmp_path / name).write_text(f'#include "NvInferRuntimeCommon.h"\n{text}\n')
    found = check([tmp_path], [Release.parse("11.4")], None).findings
    assert [(one.line, one.column, one.level) for one in found] == ([(1, 11, level)] if level else [])
    assert check([tmp_path], [Release.parse("8.6.1")], None).findings == []


def test_a_header_that_is_gone_is_told(tmp_path: Path) -> None:
    assert symbols(checked(tmp_path, '#include <NvUffParser.h>\n#include "NvInferPlugin.h"\n')) == ["NvUffParser.h"]
    assert symbols(checked(tmp_path, "#if NV_TENSORRT_MAJOR < 9\n#include <NvUffParser.h>\n#endif\n")) == []


def test_files_without_tensorrt_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.cpp").write_text("struct IBuilder; void f(IBuilder* b) { b->setMaxBatchSize(1); }\n")
    assert check([tmp_path], [Release.parse("11.4")], None).findings == []


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("NV_TENSORRT_MAJOR >= 10", True),
        ("NV_TENSORRT_MAJOR == 8 && NV_TENSORRT_MINOR > 4", False),
        ("!(NV_TENSORRT_MAJOR < 10)", True),
        ("defined(USE_INT8)", None),
        ("defined(USE_INT8) || NV_TENSORRT_MAJOR > 8", True),
        ("USE_INT8 && NV_TENSORRT_MAJOR > 8", None),
        ("NV_TENSORRT_VERSION >= 100000 && NV_TENSORRT_VERSION < 120000", True),
        ("NV_TENSORRT_VERSION < NV_TENSORRT_VERSION_INT(11, 4, 0)", False),
        ("NV_TENSORRT_VERSION > 8500", True),
        ("((((", None),
    ],
)
def test_preprocessor_conditions_are_three_valued(condition: str, value: bool | None) -> None:
    assert holds(condition, (11, 4, 0), {}) is value


def test_tokens_keep_their_places() -> None:
    tokens, includes, _ = tokenize('#include <a/b.h>\n/* x\n */ foo->bar("->"); // c\n')
    assert [(include.text, include.line, include.column) for include in includes] == [("b.h", 1, 13)]
    assert [(token.text, token.line, token.column) for token in tokens[:3]] == [
        ("foo", 3, 5),
        ("->", 3, 8),
        ("bar", 3, 10),
    ]
