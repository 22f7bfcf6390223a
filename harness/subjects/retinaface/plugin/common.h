// What both plugin interfaces share: the names, the fields as TensorRT passes them, how an error is told.
#pragma once

#include <NvInfer.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fields.h"

namespace decode {

constexpr char const* kName = "Decode_TRT";

inline void complain(std::string const& text) {
    if (nvinfer1::ILogger* logger = getLogger()) {
        logger->log(nvinfer1::ILogger::Severity::kERROR, (std::string(kName) + ": " + text).c_str());
    }
}

// Copy a field's numbers. False where type or length are others.
template <typename Number>
bool take(nvinfer1::PluginField const& field, nvinfer1::PluginFieldType type, Number* target, int32_t length) {
    if (field.type != type || field.length != length || field.data == nullptr) return false;
    std::memcpy(target, field.data, sizeof(Number) * static_cast<size_t>(length));
    return true;
}

inline std::vector<nvinfer1::PluginField> described(Fields const& fields) {
    auto const ints = nvinfer1::PluginFieldType::kINT32;
    auto const floats = nvinfer1::PluginFieldType::kFLOAT32;
    return {{"height", &fields.height, ints, 1}, {"width", &fields.width, ints, 1},
        {"strides", fields.strides, ints, kLevels}, {"sizes", fields.sizes, ints, kLevels * kAnchors},
        {"variances", fields.variances, floats, 2}, {"threshold", &fields.threshold, floats, 1}};
}

// False, with the reason told, where a field is unknown, of another type, or has a value that cannot be.
inline bool read(nvinfer1::PluginFieldCollection const* given, Fields& fields) {
    std::vector<nvinfer1::PluginField> const known = described(fields);
    for (int32_t index = 0; given != nullptr && index < given->nbFields; ++index) {
        nvinfer1::PluginField const& field = given->fields[index];
        auto const same = [&](nvinfer1::PluginField const& each) { return std::strcmp(each.name, field.name) == 0; };
        auto const found = std::find_if(known.begin(), known.end(), same);
        // All fields are 4 bytes a number; `known` points into `fields`.
        if (found == known.end()
            || !take(field, found->type, static_cast<int32_t*>(const_cast<void*>(found->data)), found->length)) {
            complain(std::string("field ") + field.name + " is not known, or of another type or length");
            return false;
        }
    }
    std::string const wrong = problem(fields);
    if (!wrong.empty()) complain(wrong);
    return wrong.empty();
}

// The last three dimensions of each map against the geometry; what comes before is the batch.
inline bool fits(Geometry const& geometry, nvinfer1::Dims const* inputs, int32_t number) {
    int64_t shapes[kLevels][3] = {};
    for (int32_t index = 0; index < std::min(number, kLevels); ++index) {
        nvinfer1::Dims const& dims = inputs[index];
        for (int axis = 0; axis < 3 && dims.nbDims >= 3; ++axis) shapes[index][axis] = dims.d[dims.nbDims - 3 + axis];
    }
    std::string const wrong = misfit(geometry, shapes, number);
    if (!wrong.empty()) complain(wrong);
    return wrong.empty();
}

// The inputs all FP32 or all FP16, linear; the output FP32. TensorRT asks for positions in order.
inline bool supports(nvinfer1::PluginTensorDesc const& asked, nvinfer1::PluginTensorDesc const& first, bool output) {
    using nvinfer1::DataType;
    if (asked.format != nvinfer1::TensorFormat::kLINEAR) return false;
    if (output) return asked.type == DataType::kFLOAT;
    return asked.type == first.type && (asked.type == DataType::kFLOAT || asked.type == DataType::kHALF);
}

}  // namespace decode
