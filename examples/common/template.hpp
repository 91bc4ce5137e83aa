// SPDX-License-Identifier: BSL-1.0
//
// Replaces each {{name}} in a template, for the demo's pages and aroma-vcl's VCL.
#ifndef AROMA_EXAMPLES_TEMPLATE_HPP
#define AROMA_EXAMPLES_TEMPLATE_HPP

#include <algorithm>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace examples {

struct TemplateError : std::runtime_error {
    TemplateError(std::string const& what, std::string_view before)
        : runtime_error{what}, line{1
                                    + static_cast<std::size_t>(
                                        std::count(before.begin(), before.end(), '\n'))},
          column{before.size() - (before.rfind('\n') + 1) + 1} // npos + 1 is 0
    {
    }

    std::size_t line, column; // of the placeholder, from 1, in bytes
};

// Throws TemplateError.
inline std::string fill(std::string_view text,
                        std::map<std::string_view, std::string_view> const& values)
{
    std::string out;
    for (std::size_t at = 0;;) {
        std::size_t const open = text.find("{{", at);
        out += text.substr(at, open - at);
        if (open == text.npos)
            return out;
        std::string_view const before = text.substr(0, open);
        std::string_view const line = text.substr(open + 2, text.find('\n', open) - (open + 2));
        std::size_t const size = line.find("}}");
        if (size == line.npos)
            throw TemplateError{"a {{ without its }} on the same line: close it, or write { { if "
                                "two braces are meant",
                                before};
        auto const value = values.find(line.substr(0, size));
        if (value == values.end()) {
            std::vector<std::string_view> names;
            for (auto const& [name, unused] : values)
                names.push_back(name);
            throw TemplateError{fmt::format("{{{{{}}}}} is not known: there are {}",
                                            line.substr(0, size), fmt::join(names, ", ")),
                                before};
        }
        out += value->second;
        at = open + 2 + size + 2;
    }
}

} // namespace examples

#endif // AROMA_EXAMPLES_TEMPLATE_HPP
