// SPDX-License-Identifier: BSL-1.0
//
// CSV from any program: columns in any order, quoted or not, LF or CRLF. It is read line by line,
// so that a file may have any length.
//
// Synopsis
//   class Csv {
//       explicit Csv(TextFile&);                          reads nothing yet
//       bool        next();                               the next line that is not blank; the
//                                                         first of them is the header
//       std::size_t line();                               its number
//       int         has(column);                          how often the header names it
//       string_view text(column);                         UTF-8 without control characters; empty
//                                                         if there is none
//       optional<double> milliseconds(column, lowest);    none if there is none
//       Integer     integer<Integer>(column);
//   };
//
// A quoted field ends on its line, and a doubled quote within it is dropped.
#ifndef AROMA_EXAMPLES_CSV_HPP
#define AROMA_EXAMPLES_CSV_HPP

#include "printable.hpp"
#include "text_file.hpp"
#include "wrong.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <boost/tokenizer.hpp>
#include <fmt/format.h>

namespace examples {

class Csv {
public:
    explicit Csv(TextFile& file) : file_{file} {}

    bool next()
    {
        std::string_view line;
        do {
            if (!file_.next(line))
                return false;
        } while (trimmed(line).empty());
        if (std::count(line.begin(), line.end(), '"') % 2 != 0)
            throw Malformed("a quote is not closed");
        std::vector<std::string>& fields = columns_.empty() ? columns_ : fields_;
        if (columns_.empty() && trimmed(line).find('\r') != line.npos)
            throw Malformed("its lines end with CR alone: save it with LF, e.g. tr '\\r' '\\n'");
        if (columns_.empty() && line.find(',') == line.npos)
            refuse_others(line);
        fields.clear();
        // the comma and the quote; a backslash is a character
        using Separator = boost::escaped_list_separator<char>;
        for (auto const& field : boost::tokenizer<Separator, std::string_view::const_iterator>{
                 line.begin(), line.end(), Separator{"", ",", "\""}})
            fields.emplace_back(trimmed(field));
        if (&fields == &fields_ && fields.size() != columns_.size())
            throw Malformed(
                fmt::format("{} fields where the header has {}", fields.size(), columns_.size()));
        return true;
    }

    std::size_t line() const { return file_.line(); }
    auto has(std::string_view column) const
    {
        return std::count(columns_.begin(), columns_.end(), column);
    }

    std::string_view text(std::string_view column) const
    {
        std::string_view const field = at(column);
        return is_plain(field) ? field
                               : throw Malformed(fmt::format(
                                   "{} is not UTF-8, or has control characters", column));
    }

    std::optional<double> milliseconds(std::string_view column, double lowest) const
    {
        constexpr double longest = 1e6; // a quarter of an hour: no path and no person
        if (at(column).empty())
            return std::nullopt;
        double const value = number<double>(column);
        if (!std::isfinite(value))
            throw wrong(column, "is not a number");
        if (value < lowest || value > longest)
            throw wrong(column, value > longest ? "is longer than any round trip" : "is negative");
        return value;
    }

    template <class Integer>
    Integer integer(std::string_view column) const
    {
        return number<Integer>(column);
    }

private:
    static std::string_view trimmed(std::string_view text)
    {
        constexpr std::string_view blanks = " \t\r";
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        return text.substr(0, text.find_last_not_of(blanks) + 1); // npos + 1 is 0
    }

    // Spreadsheets separate by semicolons if the comma is the decimal point.
    static void refuse_others(std::string_view header)
    {
        if (header.find(';') != header.npos)
            throw Malformed("its fields are separated by semicolons: save it with commas between "
                            "them and points in numbers, e.g. tr ';,' ',.'");
        if (trimmed(header).find('\t') != header.npos)
            throw Malformed("its fields are separated by tabs: save it with commas between them, "
                            "e.g. tr '\\t' ','");
    }

    std::string_view at(std::string_view column) const
    {
        auto const found = std::find(columns_.begin(), columns_.end(), column);
        return found == columns_.end()
                 ? std::string_view{}
                 : fields_[static_cast<std::size_t>(found - columns_.begin())];
    }

    Malformed wrong(std::string_view column, std::string_view why) const
    {
        std::string_view const field = at(column).substr(0, 40);
        return Malformed(fmt::format("{} {}: {}", column, why,
                                     field.empty()     ? "it is empty"
                                     : is_plain(field) ? field
                                                       : "it has no readable text"));
    }

    // The whole field, as std::from_chars parses numbers: no plus, blanks, hexadecimal or locale.
    template <class Number>
    Number number(std::string_view column) const
    {
        std::string_view const field = at(column);
        Number value{};
        auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
        if (error != std::errc::result_out_of_range
            && (error != std::errc{} || end != field.data() + field.size()))
            throw wrong(column, std::numeric_limits<Number>::is_integer ? "is not a whole number"
                                                                        : "is not a number");
        if (error == std::errc::result_out_of_range)
            throw wrong(column, "is out of range");
        return value;
    }

    TextFile& file_;
    std::vector<std::string> columns_, fields_;
};

} // namespace examples

#endif // AROMA_EXAMPLES_CSV_HPP
