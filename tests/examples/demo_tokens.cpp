// SPDX-License-Identifier: BSL-1.0
//
// The demo's tokens: what makes one good, and each reason to refuse one, by a clock of the test's
// own.

#include "../support/catch.hpp"

#include "../../examples/demo/tokens.hpp"

#include <chrono>
#include <set>
#include <string>

using namespace demo;
using namespace std::chrono_literals;

namespace {

std::chrono::steady_clock::time_point const start{100h};

} // namespace

TEST_CASE("Tokens: good once, for one purpose, for their time")
{
    Tokens tokens;
    auto const first = tokens.issue(Purpose::home, start),
               second = tokens.issue(Purpose::home, start);
    CHECK(first.text.size() == 44);
    CHECK(first.text != second.text);
    CHECK(first.number + 1 == second.number);

    CHECK(tokens.redeem(first.text, Purpose::live, start).refusal == Refusal::other_purpose);
    CHECK(tokens.redeem(first.text, Purpose::home, start + lifetime(Purpose::home) + 1ms).refusal
          == Refusal::expired);
    // from the future
    CHECK(tokens.redeem(first.text, Purpose::home, start - 1ms).refusal == Refusal::expired);
    auto const redeemed = tokens.redeem(first.text, Purpose::home, start + lifetime(Purpose::home));
    CHECK(redeemed.refusal == Refusal::none);
    CHECK(redeemed.number == first.number);
    CHECK(tokens.redeem(first.text, Purpose::home, start).refusal == Refusal::used);
    CHECK(tokens.redeem(second.text, Purpose::home, start).refusal == Refusal::none);
}

TEST_CASE("Tokens: the step comes back and cannot be changed")
{
    Tokens tokens;
    for (int const step : {0, 1, 8, 15}) {
        auto const token = tokens.issue(Purpose::websocket, start, step);
        CHECK(tokens.redeem(token.text, Purpose::hop, start).refusal == Refusal::other_purpose);
        std::string other = token.text;
        other[0] = other[0] == 'A' ? 'B' : 'A'; // the step's bits
        CHECK(tokens.redeem(other, Purpose::websocket, start).refusal == Refusal::forged);
        auto const redeemed = tokens.redeem(token.text, Purpose::websocket, start);
        CHECK(redeemed.refusal == Refusal::none);
        CHECK(redeemed.step == step);
    }
}

TEST_CASE("Tokens: a flipped bit or another key is refused")
{
    Tokens tokens, others;
    auto const good = tokens.issue(Purpose::hop, start).text;
    CHECK(others.redeem(good, Purpose::hop, start).refusal == Refusal::forged);
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (char const c : std::string{"A_-z9"}) {
            std::string wrong = good;
            wrong[i] = c;
            if (wrong != good)
                CHECK(tokens.redeem(wrong, Purpose::hop, start).refusal == Refusal::forged);
        }
    }
    for (std::string const& wrong :
         {std::string{}, good.substr(1), good + "A", good.substr(0, 43) + "=",
          good.substr(0, 43) + "+", good.substr(0, 43) + "\n", std::string(44, '\0')})
        CHECK(tokens.redeem(wrong, Purpose::hop, start).refusal == Refusal::malformed);
    CHECK(tokens.redeem(good, Purpose::hop, start).refusal == Refusal::none);
}

TEST_CASE("Tokens: the window forgets what is older, and nothing else")
{
    Tokens tokens;
    auto const used = tokens.issue(Purpose::home, start),
               unused = tokens.issue(Purpose::home, start);
    REQUIRE(tokens.redeem(used.text, Purpose::home, start).refusal == Refusal::none);
    for (std::uint64_t i = 0; i < Tokens::window - 2; ++i)
        static_cast<void>(tokens.issue(Purpose::home, start));
    CHECK(tokens.redeem(used.text, Purpose::home, start).refusal == Refusal::used);
    auto const last = tokens.issue(Purpose::home, start); // in the place of `used`
    CHECK(tokens.redeem(used.text, Purpose::home, start).refusal == Refusal::expired);
    CHECK(tokens.redeem(unused.text, Purpose::home, start).refusal == Refusal::none);
    CHECK(tokens.redeem(last.text, Purpose::home, start).refusal == Refusal::none);
    CHECK(tokens.redeem(last.text, Purpose::home, start).refusal == Refusal::used);
}

TEST_CASE("Tokens: each refusal has a name and a message")
{
    std::set<std::string_view> names, sentences;
    for (std::size_t i = 0; i < refusals; ++i) {
        names.insert(name(static_cast<Refusal>(i)));
        sentences.insert(message(static_cast<Refusal>(i)));
    }
    CHECK(names.size() == refusals);
    CHECK(sentences.size() == refusals);
}
