// SPDX-License-Identifier: BSL-1.0
//
// Any text brought as a token to the demo, at any time; and tokens issued, changed and brought
// again, beside a model that remembers them all.

#include "fuzz.hpp"

#include "../../examples/demo/tokens.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace demo;
using fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // New ones for every 1000 inputs, since their window is 128 KiB. libFuzzer learns tokens of
    // inputs before from what they were compared with, so all of them are kept.
    static std::optional<Tokens> kept;
    static std::set<std::string, std::less<>> issued;
    static int inputs = 0;
    if (inputs++ % 1000 == 0) {
        kept.emplace();
        issued.clear();
    }
    Tokens& tokens = *kept;
    struct Known {
        Tokens::Issued issued;
        Purpose purpose;
        int step;
        Tokens::Time since;
        bool redeemed = false;
    };
    std::vector<Known> known;
    std::uint64_t lasts[2]{};
    fuzz::Input in{data, size};
    Tokens::Time now{std::chrono::hours{1000}};
    while (in.left() > 0) {
        auto const purpose = static_cast<Purpose>(in.take<std::uint8_t>() % 7);
        switch (in.take<std::uint8_t>() % 4) {
        case 0: // time goes by, backwards too
            now += std::chrono::milliseconds{in.take<std::int32_t>()};
            break;
        case 1: {
            int const step = static_cast<int>(known.size() % 16);
            auto const given = tokens.issue(purpose, now, step);
            holds(given.has_value(), "there are more numbers than inputs");
            known.push_back({*given, purpose, step, now});
            issued.insert(known.back().issued.text);
            holds(known.back().issued.text.size() == 44 && known.back().issued.number > 0,
                  "a token is 44 characters, and has a number");
            std::uint64_t& last = lasts[purpose == Purpose::go_on];
            holds(last == 0 || last + 1 == known.back().issued.number,
                  "numbers follow each other, the challenge's and the others'");
            last = known.back().issued.number;
            break;
        }
        case 2: { // one that was issued
            if (known.empty())
                break;
            Known& token = known[in.take<std::uint8_t>() % known.size()];
            Redeemed const redeemed = tokens.redeem(token.issued.text, purpose, now);
            bool const young = now >= token.since && now - token.since <= lifetime(purpose);
            Refusal const expected = purpose != token.purpose ? Refusal::other_purpose
                                   : !young                   ? Refusal::expired
                                   : token.redeemed           ? Refusal::used
                                                              : Refusal::none;
            holds(redeemed.refusal == expected,
                  "a token is good once, for its purpose, for its time");
            holds(redeemed.number == (expected == Refusal::none ? token.issued.number : 0),
                  "a token that is good has its number");
            holds(redeemed.step == (expected == Refusal::none ? token.step : 0),
                  "a token that is good has its step");
            token.redeemed = token.redeemed || expected == Refusal::none;
            break;
        }
        default: { // one that was issued with one character changed, or any text
            std::string text{in.text(in.take<std::uint8_t>() % 64)};
            if (!known.empty() && in.flag()) {
                text = known[in.take<std::uint8_t>() % known.size()].issued.text;
                text[in.take<std::uint8_t>() % text.size()] = in.take<char>();
            }
            if (issued.count(text) > 0)
                break;
            Refusal const refusal = tokens.redeem(text, purpose, now).refusal;
            holds(refusal == Refusal::malformed || refusal == Refusal::forged,
                  "nothing is good that was not issued");
            holds(text.size() == 44 || refusal == Refusal::malformed, "a token has one length");
            holds(!name(refusal).empty() && message(refusal) != "not a refusal",
                  "each refusal has a name and a sentence");
        }
        }
    }
    return 0;
}
