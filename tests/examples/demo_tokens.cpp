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

Tokens::Issued issue(Tokens& tokens, Purpose purpose, int step = 0)
{
    return tokens.issue(purpose, start, step).value();
}

} // namespace

TEST_CASE("Tokens: good once, for one purpose, for their time")
{
    Tokens tokens;
    auto const first = issue(tokens, Purpose::home), second = issue(tokens, Purpose::home);
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
        auto const token = issue(tokens, Purpose::websocket, step);
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
    auto const good = issue(tokens, Purpose::hop).text;
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

TEST_CASE("Tokens: a place is taken again once its token is too old")
{
    Tokens tokens{1024};
    auto const used = issue(tokens, Purpose::home), unused = issue(tokens, Purpose::home);
    REQUIRE(tokens.redeem(used.text, Purpose::home, start).refusal == Refusal::none);
    while (tokens.issue(Purpose::home, start)) {}
    CHECK(tokens.redeem(used.text, Purpose::home, start).refusal == Refusal::used);
    auto const later = start + lifetime(Purpose::home) + 1ms;
    for (int i = 0; i < 1024; ++i) {
        auto const token = tokens.issue(Purpose::home, later);
        REQUIRE(token);
        CHECK(tokens.redeem(token->text, Purpose::home, later).refusal == Refusal::none);
        CHECK(tokens.redeem(token->text, Purpose::home, later).refusal == Refusal::used);
    }
    CHECK(tokens.redeem(unused.text, Purpose::home, later).refusal == Refusal::expired);
    CHECK(tokens.redeem(used.text, Purpose::home, start).refusal == Refusal::expired);
}

TEST_CASE("Tokens: no number of others ends one before its time")
{
    Tokens tokens{1024};
    auto const challenge = issue(tokens, Purpose::go_on), redirect = issue(tokens, Purpose::home);
    auto const mint = [&](Purpose purpose, std::chrono::steady_clock::time_point now) {
        int minted = 0;
        while (minted < 3000 && tokens.issue(purpose, now))
            ++minted;
        return minted;
    };
    // Redirects: as many as there are places, again and again, as they grow old.
    auto now = start;
    for (; now < start + lifetime(Purpose::go_on) - 40s; now += lifetime(Purpose::home) + 1ms) {
        int const minted = mint(Purpose::home, now);
        CHECK(minted >= 1024 - 8);
        CHECK(minted <= 1024);
        CHECK(mint(Purpose::hop, now) == 0);
        if (now == start)
            CHECK(tokens.redeem(redirect.text, Purpose::home, now).refusal == Refusal::none);
    }
    // Challenges: the first is still good, and then there are no more.
    CHECK(mint(Purpose::go_on, now) <= 1024);
    CHECK_FALSE(tokens.issue(Purpose::go_on, start + lifetime(Purpose::go_on)));
    CHECK(tokens.redeem(challenge.text, Purpose::go_on, start + lifetime(Purpose::go_on)).refusal
          == Refusal::none);
    CHECK(tokens.issue(Purpose::go_on, now + lifetime(Purpose::go_on) + 1ms));
}

TEST_CASE("Tokens: those that are redeemed at once do not run out")
{
    Tokens tokens{1024};
    auto const first = issue(tokens, Purpose::go_on);
    REQUIRE(tokens.redeem(first.text, Purpose::go_on, start).refusal == Refusal::none);
    for (int i = 0; i < 5000; ++i) {
        auto const token = tokens.issue(Purpose::go_on, start);
        REQUIRE(token);
        CHECK(tokens.redeem(token->text, Purpose::go_on, start).refusal == Refusal::none);
        CHECK(tokens.redeem(token->text, Purpose::go_on, start).refusal == Refusal::used);
    }
    CHECK(tokens.redeem(first.text, Purpose::go_on, start).refusal == Refusal::expired);
    // one of a block that is not redeemed keeps all of it
    auto const kept = issue(tokens, Purpose::go_on);
    for (int i = 0; i < 2000; ++i)
        if (auto const token = tokens.issue(Purpose::go_on, start))
            (void)tokens.redeem(token->text, Purpose::go_on, start);
    CHECK_FALSE(tokens.issue(Purpose::go_on, start));
    CHECK(tokens.redeem(kept.text, Purpose::go_on, start).refusal == Refusal::none);
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
