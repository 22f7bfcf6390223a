// A plugin for tests: one input, handed on as it is. It is built into engines and never executed, so it needs no CUDA.
#include <NvInferRuntime.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

using namespace nvinfer1;

constexpr char const* NAME = "TestIdentity";
constexpr char const* VERSION = "1";

class Plugin final : public IPluginV3, public IPluginV3OneCore, public IPluginV3OneBuild, public IPluginV3OneRuntime {
public:
    IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
        switch (type) {
        case PluginCapabilityType::kCORE: return static_cast<IPluginV3OneCore*>(this);
        case PluginCapabilityType::kBUILD: return static_cast<IPluginV3OneBuild*>(this);
        case PluginCapabilityType::kRUNTIME: return static_cast<IPluginV3OneRuntime*>(this);
        }
        return nullptr;
    }
    IPluginV3* clone() noexcept override { return new Plugin; }
    AsciiChar const* getPluginName() const noexcept override { return NAME; }
    AsciiChar const* getPluginVersion() const noexcept override { return VERSION; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }

    int32_t getNbOutputs() const noexcept override { return 1; }
    int32_t configurePlugin(
        DynamicPluginTensorDesc const*, int32_t, DynamicPluginTensorDesc const*, int32_t) noexcept override {
        return 0;
    }
    bool supportsFormatCombination(
        int32_t place, DynamicPluginTensorDesc const* tensors, int32_t, int32_t) noexcept override {
        auto const& desc = tensors[place].desc;
        return desc.type == DataType::kFLOAT && desc.format == TensorFormat::kLINEAR;
    }
    int32_t getOutputDataTypes(
        DataType* outputs, int32_t, DataType const* inputs, int32_t) const noexcept override {
        outputs[0] = inputs[0];
        return 0;
    }
    int32_t getOutputShapes(DimsExprs const* inputs, int32_t, DimsExprs const*, int32_t, DimsExprs* outputs, int32_t,
        IExprBuilder&) noexcept override {
        outputs[0] = inputs[0];
        return 0;
    }

    int32_t onShapeChange(PluginTensorDesc const*, int32_t, PluginTensorDesc const*, int32_t) noexcept override {
        return 0;
    }
    int32_t enqueue(PluginTensorDesc const*, PluginTensorDesc const*, void const* const*, void* const*, void*,
        cudaStream_t) noexcept override {
        return 1;  // says that it failed, so that nothing it did not compute is taken for a result
    }
    IPluginV3* attachToContext(IPluginResourceContext*) noexcept override { return clone(); }
    PluginFieldCollection const* getFieldsToSerialize() noexcept override { return &fields; }

private:
    PluginFieldCollection fields{0, nullptr};
};

class Creator final : public IPluginCreatorV3One {
public:
    IPluginV3* createPlugin(AsciiChar const*, PluginFieldCollection const*, TensorRTPhase) noexcept override {
        return new Plugin;
    }
    PluginFieldCollection const* getFieldNames() noexcept override { return &fields; }
    AsciiChar const* getPluginName() const noexcept override { return NAME; }
    AsciiChar const* getPluginVersion() const noexcept override { return VERSION; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }

private:
    PluginFieldCollection fields{0, nullptr};
};

#ifdef BY_FUNCTION
Creator creator;
IPluginCreatorInterface* const creators[] = {&creator};
#else
struct Registered {
    Creator creator;
    Registered() { getPluginRegistry()->registerCreator(creator, ""); }
} registered;
#endif

}  // namespace

#ifdef BY_FUNCTION
// What IPluginRegistry::loadLibrary asks a library for.
extern "C" IPluginCreatorInterface* const* getCreators(int32_t& count) {
    count = 1;
    return creators;
}
extern "C" void setLoggerFinder(ILoggerFinder*) {}
#endif
