// SPDX-License-Identifier: BSL-1.0
//
// The pages' text for their template, page/page.html. All of it is this program's own: nothing that
// a client sent is shown.
#ifndef AROMA_EXAMPLES_DEMO_PAGES_HPP
#define AROMA_EXAMPLES_DEMO_PAGES_HPP

#include "../common/template.hpp"
#include "json.hpp"
#include "peer.hpp"
#include "tokens.hpp"
#include "words.hpp"

#include <aroma/decide/policy.hpp>

#include <algorithm>
#include <cmath>
#include <ratio>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "demo_files.hpp" // made of page/ by embed.cmake

namespace demo {

using examples::fill;

inline std::string escaped(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

// An axis from 0 to `end`, in milliseconds: at most five ticks, and 20 ms at least, so that the
// milliseconds of a machine nearby do not look large.
struct Axis {
    explicit Axis(double most)
    {
        for (double const longer : {2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5, 2.0})
            if (step * 4 < most)
                step *= longer;
        end = std::max(4.0, std::ceil(most / step)) * step;
    }
    double step = 5, end;
};

inline std::string ticks(Axis const& axis)
{
    std::string out;
    for (double at = 0; at <= axis.end * 1.001; at += axis.step)
        out += fmt::format(R"(<text x="{:.2f}%" y="12" text-anchor="{}">{:.0f}{}</text>)",
                           at / axis.end * 100,
                           at == 0                     ? "start"
                           : at + axis.step > axis.end ? "end"
                                                       : "middle",
                           at, at == 0 ? " ms" : "");
    return out;
}

// Both round trips on one axis, and what is between them.
inline std::string bars(aroma::Assessment const& a)
{
    if (!measured(a.sample.application) || !measured(a.sample.minimum))
        return {};
    double const above = aroma::count_in<std::milli>(a.sample.application),
                 below = aroma::count_in<std::milli>(a.sample.minimum);
    Axis const axis{std::max(above, below)};
    double const whole = axis.end / 100;
    std::string const gap = excess(a).count() > 0
                              ? fmt::format("{} between them", milliseconds(excess(a)))
                              : "no difference";
    return fmt::format(R"(<dl class="bars">
<div><dt>To the machine that holds your TCP connection</dt><dd><svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="tcp" width="{:.2f}" height="4"/></svg><b>{}</b></dd></div>
<div><dt>To your own machine, through TLS and HTTP</dt><dd><svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="above" width="{:.2f}" height="4"/><rect class="tcp" width="{:.2f}" height="4"/></svg><b>{}</b></dd></div>
<div aria-hidden="true"><dd><svg class="axis">{}</svg><b></b></dd></div>
</dl>
<p class="gap">{}</p>
)",
                       below / whole, milliseconds(a.sample.minimum), above / whole,
                       (below < above ? below : above) / whole, milliseconds(a.sample.application),
                       ticks(axis), gap);
}

inline std::string numbers(Peer const& peer, aroma::Assessment const& a)
{
    return fmt::format(
        R"(<details><summary>The numbers</summary><table><caption>What this connection has shown</caption>
<tr><th scope="row">TCP's quickest round trip</th><td>{}</td></tr>
<tr><th scope="row">TCP's usual round trip</th><td>{}</td></tr>
<tr><th scope="row">Your machine's quickest answer</th><td>{}</td></tr>
<tr><th scope="row">The difference</th><td>{}</td></tr>
<tr><th scope="row">Answers that counted</th><td>{}</td></tr>
<tr><th scope="row">Answers that did not</th><td>{}</td></tr>
<tr><th scope="row">Score, from 1 (one way) down to 0 (two)</th><td>{}</td></tr>
<tr><th scope="row">Band</th><td>{}</td></tr>
<tr><th scope="row">Formula</th><td>{}</td></tr>
</table></details>
)",
        milliseconds(a.sample.minimum), milliseconds(a.sample.smoothed),
        measured(a.sample.application) ? milliseconds(a.sample.application) : "none yet",
        milliseconds(excess(a)), peer.counted(), peer.voided(),
        a.score.known() ? fmt::format("{:.3f}", a.score.value()) : "none yet", name(a.band),
        name(a.basis));
}

// What `/` says: allowed, or the challenge, whose button brings `token`.
inline std::string verdict_page(Peer const& peer, aroma::Response response, std::string_view token,
                                bool proven)
{
    aroma::Assessment const a = peer.assess();
    Words const said = words(peer);
    bool const asks = response >= aroma::Response::challenge && !proven;
    std::string const action =
        asks ? fmt::format(R"(<form method="post" action="/go-on?t={}"><button>Go on</button></form>
<p>A site would ask you for a little more proof here, a code or a puzzle. This one asks for nothing but the button.</p>
<h2>Why it asks</h2>
<p>This server asks if it sees a proxy, and if it could not measure the way to you. A proxy takes up your connection and opens one of its own, so this server talks to the proxy's machine instead of yours. Most people behind one are
honest: companies, mobile networks, satellites and privacy services run them. Some use them to pretend to be many people, or elsewhere. Round trips cannot tell
the one from the other, so nobody is turned away here.</p>)",
                           token)
             : std::string{R"(<p><a class="button" href="/info">Watch it being measured</a></p>)"};
    return fill(files::page_html,
                {{"title", asks ? "One question first" : "Allowed"},
                 {"state", asks ? "challenge" : "allow"},
                 {"badge", asks                                    ? "One question first"
                           : response < aroma::Response::challenge ? "Allowed"
                                                                   : "Allowed, you went on"},
                 {"headline", said.headline},
                 {"reason", said.reason},
                 {"bars", peer.measured_enough() && !peer.same_machine() ? bars(a) : std::string{}},
                 {"distance", said.distance},
                 {"action", action},
                 {"numbers", numbers(peer, a)}});
}

// What is wrong with a request, and what to do.
inline std::string error_page(std::string_view badge, std::string_view headline,
                              std::string_view reason)
{
    return fill(files::page_html,
                {{"title", headline},
                 {"state", "error"},
                 {"badge", badge},
                 {"headline", headline},
                 {"reason", reason},
                 {"bars", ""},
                 {"distance", ""},
                 {"numbers", ""},
                 {"action", R"(<p><a class="button" href="/">Begin anew</a></p>)"}});
}

inline std::string info_page(Peer const& peer, std::string_view hop, std::string_view websocket)
{
    return fill(files::info_html, {{"hop", hop},
                                   {"websocket", websocket},
                                   {"seen", escaped(json(peer).dump())},
                                   {"headline", words(peer).headline}});
}

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_PAGES_HPP
