// SPDX-License-Identifier: BSL-1.0
//
// Wrong options or input, for which a tool ends with 2.
#ifndef AROMA_EXAMPLES_WRONG_HPP
#define AROMA_EXAMPLES_WRONG_HPP

#include <stdexcept>

namespace examples {

struct Wrong : std::runtime_error {
    using runtime_error::runtime_error;
};

// What is wrong with a line; the next one can be read.
struct Malformed : Wrong {
    using Wrong::Wrong;
};

} // namespace examples

#endif // AROMA_EXAMPLES_WRONG_HPP
