// SPDX-License-Identifier: BSL-1.0
//
// The loops of samples.cpp, compiled once for every x86-64 and once for those with AVX2: the same
// source, so only the compiler's vectors differ.
#ifndef AROMA_BENCHMARKS_SAMPLES_HPP
#define AROMA_BENCHMARKS_SAMPLES_HPP

#include <aroma/aroma.hpp>

#include <cstddef>
#include <cstdint>

namespace benchmarks {

using Sample = aroma::RttSample<aroma::Microseconds>;

struct Loops {
    void (*score)(Sample const* samples, std::size_t count, aroma::Score* scores);
    // the same memory, without a score
    void (*move)(Sample const* samples, std::size_t count, double* values);
    // a quotient of the same samples, unguarded
    void (*divide)(Sample const* samples, std::size_t count, double* values);
};

extern Loops const loops_for_all, loops_for_avx2;

} // namespace benchmarks

#endif // AROMA_BENCHMARKS_SAMPLES_HPP
