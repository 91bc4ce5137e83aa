// SPDX-License-Identifier: BSL-1.0
//
// Any text as a table of thresholds: refused whole and with nothing changed, or valid, and written
// as text that parses to the same.

#include "fuzz.hpp"

#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace aroma;
using fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    using Few = ThresholdTable<4>;
    static Few const before = [] {
        Few few;
        (void)few.set("cdg", {0.6, 0.2, 0.05});
        return few;
    }();
    std::vector<char> const exact(data, data + size);
    Few table = before;
    TableResult const parsed = load(exact.data(), exact.size(), table);
    if (parsed.error != TableError::none) {
        holds(table == before, "a text that is refused changes nothing");
        auto const ends = std::count_if(exact.begin(), exact.end(),
                                        [](char c) { return c == '\n' || c == '\r'; });
        holds(parsed.line >= 1 && parsed.line <= static_cast<std::size_t>(ends) + 1,
              "a fault has its line");
        return 0;
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        ThresholdRow const& row = table[i];
        holds(validate(row.name()) == NameError::none
                  && validate(row.thresholds) == ThresholdError::none,
              "every row is valid");
        holds(i == 0 || table[i - 1].name() < row.name(), "rows are in order, each once");
        holds(table.thresholds(row.name()) == row.thresholds
                  && table.classifier(row.name()).thresholds() == row.thresholds,
              "a row is found by its name");
        std::string const below =
            std::string{row.name().data(), row.name().size()} + "/no such row";
        holds(table.thresholds(below) == row.thresholds || row.name().size() == 0,
              "what is within a segment has its row");
    }
    std::string text;
    holds(save(table, [&](char const* line,
                          std::size_t length) { return text.append(line, length), true; }),
          "what can be written is written");
    Few again;
    holds(load(text.data(), text.size(), again).error == TableError::none && again == table,
          "what is written parses to the same");
    std::string twice;
    holds(save(again, [&](char const* line,
                          std::size_t length) { return twice.append(line, length), true; })
              && twice == text,
          "and is written the same");
    return 0;
}
