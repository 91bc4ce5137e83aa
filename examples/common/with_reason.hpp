// SPDX-License-Identifier: BSL-1.0
//
// A library's message, with the system's reason if there is one.
#ifndef AROMA_EXAMPLES_WITH_REASON_HPP
#define AROMA_EXAMPLES_WITH_REASON_HPP

#include <cstring>
#include <string>

#include <fmt/format.h>

namespace examples {

inline std::string with_reason(char const* message, int error_number)
{
    return error_number == 0 ? message
                             : fmt::format("{} ({})", message, std::strerror(error_number));
}

} // namespace examples

#endif // AROMA_EXAMPLES_WITH_REASON_HPP
