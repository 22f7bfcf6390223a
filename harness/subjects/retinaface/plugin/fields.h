// What a plugin is told when it is made, checked before anything is computed from it.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "decode.h"

namespace decode {

// Also the form that IPluginV2IOExt serialises; `format` changes whenever this does.
struct Fields {
    int32_t format = 1;
    int32_t height = 0;  // of the network's input, pixels
    int32_t width = 0;
    int32_t strides[kLevels] = {8, 16, 32};
    int32_t sizes[kLevels * kAnchors] = {16, 32, 64, 128, 256, 512};
    float variances[2] = {0.1F, 0.2F};
    float threshold = 0.02F;
};

// What is wrong with them, in one line; empty where nothing is.
inline std::string problem(Fields const& fields) {
    if (fields.format != Fields().format) return "format " + std::to_string(fields.format) + " is not known";
    if (!(fields.threshold > 0.0F && fields.threshold < 1.0F)) return "threshold is not between 0 and 1";
    for (float variance : fields.variances) {
        if (!(variance > 0.0F) || !is_finite(variance)) return "a variance is not above 0";
    }
    for (int32_t size : fields.sizes) {
        if (size <= 0) return "an anchor's size is not above 0";
    }
    for (int32_t stride : fields.strides) {
        if (stride <= 0) return "a stride is not above 0";
        if (fields.height < stride || fields.width < stride || fields.height % stride || fields.width % stride) {
            return "size " + std::to_string(fields.height) + "x" + std::to_string(fields.width)
                + " is not a multiple of stride " + std::to_string(stride);
        }
    }
    if (static_cast<int64_t>(fields.height) * fields.width > (INT64_C(1) << 28)) return "size is above 2^28 pixels";
    return "";
}

// Of fields without a problem.
inline Geometry geometry(Fields const& fields) {
    Geometry result{};
    for (int index = 0; index < kLevels; ++index) {
        Level& level = result.levels[index];
        level.stride = fields.strides[index];
        level.rows = fields.height / level.stride;
        level.columns = fields.width / level.stride;
        for (int anchor = 0; anchor < kAnchors; ++anchor) {
            level.sizes[anchor] = static_cast<float>(fields.sizes[index * kAnchors + anchor]);
        }
        result.anchors += level.rows * level.columns * kAnchors;
    }
    result.centre_variance = fields.variances[0];
    result.size_variance = fields.variances[1];
    double const threshold = static_cast<double>(fields.threshold);
    result.margin = static_cast<float>(std::log(threshold / (1.0 - threshold)));
    return result;
}

// Why maps of these shapes, (channels, rows, columns) each, do not fit; empty where they do.
inline std::string misfit(Geometry const& geometry, int64_t const shapes[][3], int number) {
    if (number != kLevels) return std::to_string(number) + " inputs where 3 are expected";
    for (int index = 0; index < kLevels; ++index) {
        int64_t const wanted[3] = {kChannels, geometry.levels[index].rows, geometry.levels[index].columns};
        for (int axis = 0; axis < 3; ++axis) {
            if (shapes[index][axis] == wanted[axis]) continue;
            return "input " + std::to_string(index) + " has " + std::to_string(shapes[index][axis]) + " where "
                + std::to_string(wanted[axis]) + " is expected on axis " + std::to_string(axis)
                + " of (channels, rows, columns)";
        }
    }
    return "";
}

}  // namespace decode
