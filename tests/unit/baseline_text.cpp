// SPDX-License-Identifier: BSL-1.0
//
// Properties of operate/baseline_text.hpp: what was saved is loaded again, and no text that was
// cut, changed or made up is, by name and line.

#include "../support/catch.hpp"
#include "baselines.hpp"

#include <aroma/operate/baseline_text.hpp>

#include <cstdint>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace aroma;
using baselines::Few;
using baselines::random_baseline;

namespace {

template <std::size_t Most>
std::string text_of(Baseline<Most> const& baseline)
{
    std::string text;
    REQUIRE(save(baseline, [&](char const* data, std::size_t size) {
        text.append(data, size);
        return true;
    }));
    return text;
}

template <std::size_t Most>
BaselineResult load_text(std::string const& text, Baseline<Most>& into)
{
    // As long as it is, so that a sanitizer sees a byte too many.
    std::vector<char> const bytes(text.begin(), text.end());
    return merge_text(bytes.data(), bytes.size(), into);
}

// The same lines with an end that is right.
std::string ended(std::string const& lines)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    std::size_t count = 1;
    for (char const byte : lines) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
        count += byte == '\n';
    }
    std::ostringstream end;
    end << "end " << count << ' ' << std::hex;
    end.width(16);
    end.fill('0');
    end << hash << '\n';
    return lines + end.str();
}

Few small_baseline()
{
    Few baseline;
    std::mt19937_64 random{5};
    for (char const* const name : {"", "a", "a-b"})
        for (int i = 0; i < 3; ++i)
            baseline.find_or_add(name).record(baselines::random_assessment(random));
    baseline.find_or_add("(others)").record(Assessment{});
    return baseline;
}

} // namespace

TEST_CASE("baseline_text: saved, loaded and saved as the same bytes")
{
    std::mt19937_64 random{13};
    for (int round = 0; round < 200; ++round) {
        Few const baseline = random_baseline(random);
        std::string const text = text_of(baseline);
        REQUIRE(text == ended(text.substr(0, text.rfind("end "))));
        Few loaded;
        REQUIRE(load_text(text, loaded) == BaselineResult{});
        REQUIRE(loaded == baseline);
        REQUIRE(text_of(loaded) == text);
    }
}

TEST_CASE("baseline_text: loading is merging")
{
    std::mt19937_64 random{17};
    int full = 0;
    for (int round = 0; round < 300; ++round) {
        Few const a = random_baseline(random), b = random_baseline(random);
        Few merged = a, loaded, the_other_way;
        merged.merge(b);
        for (Few const* const from : {&a, &b})
            REQUIRE(load_text(text_of(*from), loaded) == BaselineResult{});
        for (Few const* const from : {&b, &a})
            REQUIRE(load_text(text_of(*from), the_other_way) == BaselineResult{});
        REQUIRE(loaded == merged);
        REQUIRE(the_other_way == merged);
        full += merged.size() == Few::most_segments;
    }
    CHECK(full > 30);
}

TEST_CASE("baseline_text: more names than there is room for, by their assessments")
{
    auto const many = std::make_unique<Baseline<200>>();
    for (int i = 0; i < 200; ++i)
        many->find_or_add(fmt::format("n{}", i))
            .unknown.add(Status::unprobed, static_cast<std::uint32_t>(1 + i));
    Few few;
    few.find_or_add("n0").unknown.add(Status::unprobed, 1000);
    few.find_or_add("aa").unknown.add(Status::unprobed, 3);
    REQUIRE(load_text(text_of(*many), few) == BaselineResult{});
    CHECK(few.size() == 5);
    CHECK(few.find("n0")->total() == 1001);
    for (int i : {199, 198, 197, 196})
        CHECK(few.find(fmt::format("n{}", i))->total() == static_cast<std::uint64_t>(1 + i));
    CHECK(few.within("").total() == 1003 + 200 * 201 / 2);
}

TEST_CASE("baseline_text: what an editor or a shell does to a text has its sentence")
{
    std::string const text = text_of(small_baseline());
    Few const before = small_baseline();
    Few into = before;
    auto const why = [&](std::string const& changed) { return load_text(changed, into); };
    CHECK(why("\xef\xbb\xbf" + text) == BaselineResult{BaselineError::byte_order_mark, 1});
    std::string wide = "\xff\xfe", big = "\xfe\xff", windows;
    for (char const c : text) {
        wide += {c, '\0'};
        big += {'\0', c};
        windows += c == '\n' ? "\r\n" : std::string{c};
    }
    CHECK(why(wide) == BaselineResult{BaselineError::utf16, 1});
    CHECK(why(big) == BaselineResult{BaselineError::utf16, 1});
    CHECK(why(wide.substr(2)) == BaselineResult{BaselineError::utf16, 1});
    CHECK(why(big.substr(2)) == BaselineResult{BaselineError::utf16, 1});
    CHECK(why(windows) == BaselineResult{BaselineError::windows_lines, 1});
    CHECK(why(std::string(4096, '\0')) == BaselineResult{BaselineError::not_a_baseline, 1});
    CHECK(why("aroma-baseline 1\n") == BaselineResult{BaselineError::other_version, 1});
    CHECK(why("aroma-baseline 3\n") == BaselineResult{BaselineError::other_version, 1});
    CHECK(why(text.substr(0, text.size() - 1)).error == BaselineError::missing_end);
    CHECK(into == before);
    CHECK(merge_text(nullptr, 7, into) == BaselineResult{BaselineError::not_a_baseline, 1});
}

TEST_CASE("baseline_text: cut or longer texts change nothing")
{
    std::string const text = text_of(small_baseline());
    Few const before = small_baseline();
    Few into = before;
    std::size_t line = 1;
    for (std::size_t size = 0; size < text.size(); ++size) {
        BaselineResult const expected{
            size < 15 ? BaselineError::not_a_baseline : BaselineError::missing_end, line};
        if (!(load_text(text.substr(0, size), into) == expected) || !(into == before))
            FAIL("cut to " << size << " bytes");
        line += text[size] == '\n';
    }
    for (std::string const more : {"\n", " ", "x", "end", "aroma-baseline 1\n"})
        CHECK(load_text(text + more, into) == BaselineResult{BaselineError::bytes_after_end, line});
    CHECK(load_text(text + text, into) == BaselineResult{BaselineError::bytes_after_end, line});
    CHECK(merge_text(nullptr, 0, into) == BaselineResult{BaselineError::not_a_baseline, 1});
    CHECK(into == before);
}

TEST_CASE("baseline_text: one wrong byte changes nothing")
{
    std::string const text = text_of(small_baseline());
    Few const before = small_baseline();
    Few into = before;
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            if (static_cast<char>(byte) == text[at])
                continue;
            std::string changed = text;
            changed[at] = static_cast<char>(byte);
            BaselineResult const result = load_text(changed, into);
            if (result.error == BaselineError::none || result.line == 0)
                FAIL("byte " << at << " changed to " << byte);
        }
        std::string const without = text.substr(0, at) + text.substr(at + 1),
                          twice = text.substr(0, at) + text.substr(at, 1) + text.substr(at);
        if (load_text(without, into).error == BaselineError::none
            || load_text(twice, into).error == BaselineError::none)
            FAIL("byte " << at << " missing or twice");
    }
    CHECK(into == before);
}

TEST_CASE("baseline_text: each error has its line")
{
    std::string const first = "aroma-baseline 2\n",
                      empty = "scores\ntransport\napplication\nunknown\n";
    std::string const without_unknown = first + "segment *\nscores\ntransport\napplication\n";
    std::string const segment = "segment *\n" + empty, longest(63, 'x'), largest = "2147483647";
    struct Case {
        std::string text;
        BaselineError error;
        std::size_t line;
    };
    using enum BaselineError;
    Case const cases[] = {
        {"", not_a_baseline, 1},
        {"\n", not_a_baseline, 1},
        {"GIF89a", not_a_baseline, 1},
        {"aroma-baseline \n", not_a_baseline, 1},
        {"aroma-baseline one\n", not_a_baseline, 1},
        {"aroma-baseline 0\n", not_a_baseline, 1},
        {"aroma-baseline 01\n", not_a_baseline, 1},
        {"aroma-baseline 1\nwhatever comes\n", other_version, 1},
        {"aroma-baseline 10 with more\n", other_version, 1},
        {"aroma-baseline 2\r\n", windows_lines, 1},
        {"aroma-baseline 2 \n", wrong_line, 1},
        {first, missing_end, 2},
        {first + "end 2 0123456789abcdef", missing_end, 2},
        {first + segment, missing_end, 7},
        {first + "segment *\nscores\n", missing_end, 4},
        {ended(first), none, 0},
        {ended(first + segment), none, 0},
        {ended(first + "\n"), wrong_line, 2},
        {ended(first + "scores\n"), wrong_line, 2},
        {ended(first + "segments\n"), wrong_line, 2},
        {ended(first + "segment \n" + empty), wrong_line, 2},
        {ended(first + "segment" + "\n" + empty), wrong_line, 2},
        {ended(first + "segment *\ntransport\n"), wrong_line, 3},
        {ended(first + "segment *\nscores\nscores\n"), wrong_line, 4},
        {ended(first + "segment *\nscores\ntransport\nunknown\n"), wrong_line, 5},
        {ended(first + "segment *\nscores\ntransport\napplication\n"), wrong_line, 6},
        {ended(without_unknown + "unknown \n"), no_such_status, 6},
        {ended(without_unknown + "unknown 2\n"), no_such_status, 6},
        {ended(without_unknown + "unknown ok:2\n"), no_such_status, 6},
        {ended(without_unknown + "unknown no_samples:2\n"), no_such_status, 6},
        {ended(without_unknown + "unknown no_sample\n"), wrong_number, 6},
        {ended(without_unknown + "unknown no_sample:0\n"), wrong_number, 6},
        {ended(without_unknown + "unknown no_sample:1 \n"), no_such_status, 6},
        {ended(without_unknown + "unknown no_sample:1 refused:" + largest + "\n"), none, 0},
        {ended(without_unknown + "unknown no_sample:2147483648\n"), wrong_number, 6},
        {ended(without_unknown + "unknown refused:1 no_sample:1\n"), bins_out_of_order, 6},
        {ended(without_unknown + "unknown refused:1 refused:1\n"), bins_out_of_order, 6},
        {ended(first + "segment " + longest + "\n" + empty), none, 0},
        {ended(first + "segment " + longest + "x\n" + empty), wrong_name, 2},
        {ended(first + "segment a\tb\n" + empty), wrong_name, 2},
        {ended(first + "segment a\r\n" + empty), wrong_name, 2},
        {ended(first + "segment a b\n" + empty), wrong_name, 2},
        {ended(first + "segment a//b\n" + empty), wrong_name, 2},
        {ended(first + "segment 203.0.113.7\n" + empty), wrong_name, 2},
        {ended(first + "segment (others)/a\n" + empty), wrong_name, 2},
        {ended(first + "segment a\n" + empty + "segment a\n" + empty), names_out_of_order, 7},
        {ended(first + segment + segment), names_out_of_order, 7},
        {ended(first + "segment b\n" + empty + "segment a\n" + empty), names_out_of_order, 7},
        {ended(first + "segment (others)\n" + empty + "segment a\n" + empty), names_out_of_order,
         7},
        {ended(first + "segment (others)\n" + empty + "segment (others)\n" + empty),
         names_out_of_order, 7},
        {ended(first + "segment a\n" + empty + "segment (others)\n" + empty), none, 0},
        {ended(first + "segment *\nscores 0:1 1000:1\n" + empty.substr(7)), none, 0},
        {ended(first + "segment *\nscores 2:" + largest + "\n" + empty.substr(7)), none, 0},
        {ended(first + "segment *\nscores 2:2147483648\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 2:99999999999999999999999\n" + empty.substr(7)),
         wrong_number, 3},
        {ended(first + "segment *\nscores 2:0\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 2:01\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 02:1\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 2:\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 2\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores -2:1\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 2:+1\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores \n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores  2:1\n" + empty.substr(7)), wrong_number, 3},
        {ended(first + "segment *\nscores 2:1,4:1\n" + empty.substr(7)), wrong_line, 3},
        {ended(first + "segment *\nscores 3:1\n" + empty.substr(7)), no_such_bin, 3},
        {ended(first + "segment *\nscores 1002:1\n" + empty.substr(7)), no_such_bin, 3},
        {ended(first + "segment *\nscores 2:1 2:1\n" + empty.substr(7)), bins_out_of_order, 3},
        {ended(first + "segment *\nscores 4:1 2:1\n" + empty.substr(7)), bins_out_of_order, 3},
        {ended(first + "segment *\nscores\ntransport 63:1 64:1\napplication 66060288:1\nunknown\n"),
         none, 0},
        {ended(first + "segment *\nscores\ntransport 65:1\napplication\nunknown\n"), no_such_bin,
         4},
        {ended(first + "segment *\nscores\ntransport 67108864:1\napplication\nunknown\n"),
         no_such_bin, 4},
        {ended(first + "segment *\nscores\ntransport\napplication 66:1 64:1\nunknown\n"),
         bins_out_of_order, 5},
        {first + "end x\n", wrong_number, 2},
        {first + "end 2\n", wrong_line, 2},
        {first + "end 2 0123456789abcdef\n", wrong_checksum, 2},
        {first + "end 2 " + ended(first).substr(first.size() + 6, 15) + "\n", wrong_checksum, 2},
        {first + "end 3 " + ended(first).substr(first.size() + 6), wrong_checksum, 2},
        {ended(first).substr(0, ended(first).size() - 1) + " \n", wrong_line, 2},
        {ended(first) + "x", bytes_after_end, 3},
    };
    for (auto const& [text, error, line] : cases) {
        INFO(text);
        Few into = small_baseline();
        BaselineResult const result = load_text(text, into);
        CHECK(message(result.error) == std::string{message(error)});
        CHECK(result.line == line);
        if (error != none)
            CHECK(into == small_baseline());
    }
}

TEST_CASE("baseline_text: saving stops at the first failed write")
{
    auto const baseline = std::make_unique<Baseline<40>>();
    std::mt19937_64 random{19};
    for (int i = 0; i < 4000; ++i)
        baseline->find_or_add(std::to_string(i % 40)).record(baselines::random_assessment(random));
    std::size_t const size = text_of(*baseline).size();
    int calls = 0;
    std::size_t written = 0;
    CHECK_FALSE(save(*baseline, [&](char const*, std::size_t more) {
        written += more;
        return ++calls < 3;
    }));
    CHECK(calls == 3);
    CHECK(written < size / 2);
}
