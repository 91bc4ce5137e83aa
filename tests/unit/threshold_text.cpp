// SPDX-License-Identifier: BSL-1.0
//
// Tables of thresholds: what is written parses to the same; what is damaged changes nothing.

#include "../support/catch.hpp"

#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>

using namespace aroma;

namespace {

using Table = ThresholdTable<64>;

std::string text_of(Table const& table)
{
    std::string text;
    CHECK(save(table, [&](char const* data, std::size_t size) {
        text.append(data, size);
        return true;
    }));
    return text;
}

TableResult parse(Table& table, std::string const& text)
{
    return load(text.data(), text.size(), table);
}

std::string random_name(std::mt19937& random)
{
    static constexpr char some[] = "ab/.-_A7";
    std::string name(random() % (random() % 8 == 0 ? 64 : 6), ' ');
    do
        for (char& c : name)
            c = some[random() % (sizeof some - 1)];
    while (validate(SegmentName{name}) != NameError::none && (name.pop_back(), true));
    return name;
}

Thresholds random_thresholds(std::mt19937& random)
{
    auto const up_to = [&](int most) { return std::uniform_int_distribution{0, most}(random); };
    int const normal = up_to(1'000'000), unstable = up_to(normal), suspicious = up_to(unstable);
    double const volatile million = 1e6; // a divisor, even where 0.000001 would be quicker
    return {normal / million, unstable / million, suspicious / million};
}

} // namespace

TEST_CASE("ThresholdTable: what is written parses to the same")
{
    std::mt19937 random{1};
    std::size_t rows = 0;
    for (int round = 0; round < 500; ++round) {
        Table table, again;
        std::map<std::string, Thresholds> expected;
        for (std::size_t i = random() % 65; i > 0; --i) {
            std::string const name = random_name(random);
            Thresholds const thresholds = random_thresholds(random);
            REQUIRE(table.set(name, thresholds) == TableError::none);
            expected[name] = thresholds;
        }
        REQUIRE(table.size() == expected.size());
        std::size_t i = 0;
        for (auto const& [name, thresholds] : expected) {
            CHECK(table[i].name() == SegmentName{name});
            CHECK(table[i].thresholds == thresholds); // six decimals stay the doubles that they are
            CHECK(table.thresholds(name) == thresholds);
            ++i;
        }
        std::string const text = text_of(table);
        CAPTURE(text);
        CHECK(parse(again, text) == TableResult{});
        CHECK(again == table);
        CHECK(text_of(again) == text);
        rows += table.size();
    }
    CHECK(rows > 5000);
}

TEST_CASE("ThresholdTable: rounds down by less than a millionth")
{
    std::mt19937_64 random{2};
    for (int i = 0; i < 100'000; ++i) {
        double const some = std::uniform_real_distribution{0.0, 1.0}(random),
                     short_one = std::floor(some * 1e6) / 1e6;
        // on either side of six decimals
        double const value = i % 3 == 0 ? some : std::nextafter(short_one, i % 3 == 1 ? 0.0 : 1.0);
        Table table;
        REQUIRE(table.set("", {value, value, value}) == TableError::none);
        double const kept = table[0].thresholds.unstable_below;
        if (!(kept <= value && value - kept < 1.0000001e-6))
            FAIL(value << " is kept as " << kept);
    }
    SUCCEED();
}

TEST_CASE("ThresholdTable: a segment has its nearest parent's row")
{
    std::mt19937 random{3};
    int fallen = 0;
    for (int round = 0; round < 200; ++round) {
        Table table;
        std::map<std::string, Thresholds> rows;
        auto const name = [&] {
            std::string path;
            for (std::size_t depth = random() % 4; depth > 0; --depth) {
                path += path.empty() ? "" : "/";
                path += static_cast<char>('a' + random() % 2);
            }
            return path;
        };
        for (int i = 0; i < 6; ++i)
            REQUIRE(
                table.set(rows.insert_or_assign(name(), random_thresholds(random)).first->first, {})
                == TableError::none);
        for (auto const& [path, thresholds] : rows)
            REQUIRE(table.set(path, thresholds) == TableError::none);
        for (int i = 0; i < 50; ++i) {
            std::string path = name();
            Thresholds const found = table.thresholds(path);
            while (!rows.count(path) && !path.empty()) {
                path = path.find('/') == std::string::npos ? "" : path.substr(0, path.rfind('/'));
                ++fallen;
            }
            CHECK(found == (rows.count(path) ? rows[path] : Thresholds{}));
            CHECK(table.classifier(path).thresholds() == table.thresholds(path));
        }
    }
    CHECK(fallen > 100);
}

TEST_CASE("ThresholdTable: damaged text is refused, or valid")
{
    std::mt19937 random{4};
    Table table, before;
    for (int i = 0; i < 20; ++i)
        REQUIRE(table.set(random_name(random), random_thresholds(random)) == TableError::none);
    std::string const whole = text_of(table);
    REQUIRE(before.set("before", {0.9, 0.8, 0.7}) == TableError::none);
    // without its last line break it is whole still
    for (std::size_t size = 0; size < whole.size() - 1; ++size) {
        Table cut = before;
        TableResult const parsed = load(whole.data(), size, cut);
        if (parsed.error == TableError::none || parsed.line == 0 || !(cut == before))
            FAIL("the first " << size << " bytes are accepted, or have changed the table");
    }
    int refused = 0, accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string damaged = whole;
        for (std::size_t i = 1 + random() % 3; i > 0; --i) {
            std::size_t const at = random() % damaged.size();
            switch (random() % 3) {
            case 0: damaged[at] = static_cast<char>(random()); break;
            case 1: damaged.erase(at, 1 + random() % 30); break;
            default: damaged.insert(at, 1, static_cast<char>(random())); break;
            }
        }
        Table read = before;
        TableResult const parsed = parse(read, damaged);
        if (parsed.error == TableError::none) {
            ++accepted;
            Table again;
            REQUIRE(parse(again, text_of(read)) == TableResult{});
            REQUIRE(again == read);
            for (std::size_t i = 0; i < read.size(); ++i)
                REQUIRE(validate(read[i].thresholds) == ThresholdError::none);
        } else {
            ++refused;
            REQUIRE(read == before);
            REQUIRE(parsed.line >= 1);
        }
    }
    CHECK(refused > 5000);
    CHECK(accepted > 500);
}

TEST_CASE("ThresholdTable: the most rows and longest names")
{
    auto const table = std::make_unique<ThresholdTable<>>(),
               again = std::make_unique<ThresholdTable<>>();
    for (std::size_t i = 0; i < ThresholdTable<>::most_rows; ++i)
        REQUIRE(table->set(std::string(60, 'x') + std::to_string(100 + i),
                           {0.123456, 0.012345, 0.000001})
                == TableError::none);
    CHECK(table->set("one-more", {}) == TableError::too_many);
    std::string text;
    REQUIRE(save(
        *table, [&](char const* data, std::size_t size) { return text.append(data, size), true; }));
    CHECK(load(text.data(), text.size(), *again) == TableResult{});
    CHECK(*again == *table);
}
