// One anchor's row from the heads' maps. Plain C++ and CUDA read this alike, so the arithmetic is tested on the CPU.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define DECODE_ANYWHERE __host__ __device__
#else
#define DECODE_ANYWHERE
#endif

namespace decode {

constexpr int kLevels = 3;
constexpr int kAnchors = 2;  // per place
constexpr int kBox = 4;
constexpr int kClasses = 2;
constexpr int kLandmarks = 10;
constexpr int kChannels = kAnchors * (kBox + kClasses + kLandmarks);  // of a map: boxes, classes, landmarks
constexpr int kRow = kBox + 1 + kLandmarks;                           // x1, y1, x2, y2, score, landmarks; in pixels

struct Level {
    int32_t rows;
    int32_t columns;
    int32_t stride;            // pixels
    float sizes[kAnchors];     // pixels
};

struct Geometry {
    Level levels[kLevels];
    float centre_variance;
    float size_variance;
    float margin;              // class difference above which the softmax is above the threshold
    int32_t anchors;           // of all levels
};

// False for NaN and the infinities.
DECODE_ANYWHERE inline bool is_finite(float value) { return fabsf(value) <= FLT_MAX; }

DECODE_ANYWHERE inline void clear(float* row) {
    for (int index = 0; index < kRow; ++index) row[index] = 0.0F;
}

// Write the row of one anchor. All zeros where its score is not above the threshold, or a number is not finite.
// `map` is (kChannels, rows, columns); `place` counts along rows and columns.
template <typename Number>
DECODE_ANYWHERE inline void decode_anchor(
    Number const* map, Geometry const& geometry, Level const& level, int place, int anchor, float* row) {
    int const area = level.rows * level.columns;
    Number const* box = map + (anchor * kBox) * area + place;
    Number const* classes = map + (kAnchors * kBox + anchor * kClasses) * area + place;
    Number const* points = map + (kAnchors * (kBox + kClasses) + anchor * kLandmarks) * area + place;

    clear(row);
    float const margin = static_cast<float>(classes[area]) - static_cast<float>(classes[0]);
    if (!(margin > geometry.margin)) return;  // NaN is above nothing

    float const half_stride = static_cast<float>(level.stride) / 2.0F;
    float const centre[2] = {static_cast<float>(place % level.columns * level.stride) + half_stride,
        static_cast<float>(place / level.columns * level.stride) + half_stride};
    float const size = level.sizes[anchor];
    float const scale = geometry.centre_variance * size;

    bool finite = true;
    for (int axis = 0; axis < 2; ++axis) {
        float const middle = centre[axis] + static_cast<float>(box[axis * area]) * scale;
        float const half = expf(static_cast<float>(box[(axis + 2) * area]) * geometry.size_variance) * (size / 2.0F);
        row[axis] = middle - half;
        row[axis + 2] = middle + half;
        finite = finite && is_finite(row[axis]) && is_finite(row[axis + 2]);
    }
    row[kBox] = 1.0F / (1.0F + expf(-margin));
    for (int index = 0; index < kLandmarks; ++index) {
        float const point = centre[index % 2] + static_cast<float>(points[index * area]) * scale;
        row[kBox + 1 + index] = point;
        finite = finite && is_finite(point);
    }
    if (!finite) clear(row);
}

// The anchor's place in the order of all: by level, row, column, anchor.
template <typename Number>
DECODE_ANYWHERE inline void decode_row(
    Number const* const maps[kLevels], Geometry const& geometry, int batch, int number, float* row) {
    int level = 0;
    int within = number;
    for (; level < kLevels - 1; ++level) {
        int const count = geometry.levels[level].rows * geometry.levels[level].columns * kAnchors;
        if (within < count) break;
        within -= count;
    }
    Level const& at = geometry.levels[level];
    Number const* map = maps[level] + static_cast<int64_t>(batch) * kChannels * at.rows * at.columns;
    decode_anchor(map, geometry, at, within / kAnchors, within % kAnchors, row);
}

}  // namespace decode
