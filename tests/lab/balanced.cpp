// SPDX-License-Identifier: BSL-1.0
//
// A web server whose rule stands down, and which knows a client by the /24 in X-Forwarded-For, or
// by nothing: of each connection it says its network, band and response, and what share is accused.
//
//     balanced [--port N] [--address ADDRESS]

#include <aroma/decide/policy.hpp>

#include "../../examples/common/http_reader.hpp"
#include "../../examples/common/port_option.hpp"
#include "../../examples/common/thread_server.hpp"

#include <mutex>

namespace {

constexpr aroma::Policy<> policy = aroma::Policy<>::with({.stands_down = true});

// "10.80.7" of the last field, which the balancer has added; what a client writes stands before it.
std::string network_of(std::string const& head)
{
    constexpr std::string_view field = "x-forwarded-for: ";
    std::string lower = head;
    for (char& c : lower)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    std::size_t const at = lower.rfind(field);
    if (at == std::string::npos)
        return "?";
    std::string const address =
        lower.substr(at + field.size(), lower.find('\r', at) - at - field.size());
    return address.substr(0, address.rfind('.'));
}

void decided(std::string const& network, aroma::Assessment const& assessment,
             aroma::ConnectionHistory const& history)
{
    static std::mutex mutex;
    static aroma::AccusedShare share;
    std::lock_guard const lock{mutex};
    aroma::Key const key = aroma::Key::of(network);
    aroma::Decision const d = counted(policy.decide(assessment, history, "", key), key, share);
    examples::log_line(STDOUT_FILENO,
                       fmt::format("{} {} {} accused {} of {}{}{}\n", network,
                                   name(assessment.band), name(d.response), d.keys.accused,
                                   d.keys.all, d.keys.implausible() ? " implausible" : "",
                                   d.stood_down ? " stood_down" : ""));
}

void serve(int fd)
{
    examples::HttpReader http;
    aroma::ConnectionHistory history;
    std::string in, network = "?";
    char bytes[4096];
    for (ssize_t got; !http.last() && (got = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        in.append(bytes, static_cast<std::size_t>(got));
        network = network_of(in);
        while (auto const path = http.next(in)) {
            aroma::Assessment assessment = aroma::score(fd, history);
            if (history.probing())
                assessment = aroma::probe_answered(fd, history, aroma::token_of(*path));
            examples::Page const page = examples::page(*path, assessment, history);
            if (page.status == 200)
                decided(network, assessment, history);
            std::string const answer = http.answer(page);
            if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL)
                != static_cast<ssize_t>(answer.size()))
                return;
            if (!page.location.empty())
                aroma::probe_sent(fd, history, aroma::token_of(page.location));
        }
    }
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "balanced";
    examples::serve_in_threads(program, examples::port_option(program, argc, argv),
                               "curl -L http://", serve);
}
