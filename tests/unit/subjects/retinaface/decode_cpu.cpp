// The kernel's arithmetic as functions that Python can call; compiled by the tests as plain C++.
#include "fields.h"

namespace {

template <typename Number>
int run(decode::Fields const& fields, Number const* const* maps, float* rows) {
    if (!decode::problem(fields).empty()) return -1;
    decode::Geometry const geometry = decode::geometry(fields);
    for (int number = 0; number < geometry.anchors; ++number) {
        decode::decode_row(maps, geometry, 0, number, rows + number * decode::kRow);
    }
    return geometry.anchors;
}

}  // namespace

extern "C" {

int decode_float(decode::Fields const* fields, float const* const* maps, float* rows) {
    return run(*fields, maps, rows);
}

#ifdef __FLT16_MANT_DIG__
int decode_half(decode::Fields const* fields, _Float16 const* const* maps, float* rows) {
    return run(*fields, maps, rows);
}
#endif

void problem(decode::Fields const* fields, char* text, int size) {
    std::string const told = decode::problem(*fields);
    text[told.copy(text, static_cast<size_t>(size - 1))] = '\0';
}

void misfit(decode::Fields const* fields, int64_t const shapes[][3], int number, char* text, int size) {
    std::string const told = decode::misfit(decode::geometry(*fields), shapes, number);
    text[told.copy(text, static_cast<size_t>(size - 1))] = '\0';
}
}
