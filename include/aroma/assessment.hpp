// SPDX-License-Identifier: BSL-1.0
//
// aroma/assessment.hpp: the result: score, band, basis, status, and the sample they rest on.
//
// Synopsis
//   enum class Status;                    ok, or why there is no score
//   char const* message(Status);         the same as a sentence that says what to do
//
//   struct BasicAssessment<D> {
//       Score        score;               unknown unless status is ok
//       Band         band;                unknown unless status is ok
//       Basis        basis;               the method that decided
//       Status       status;
//       RttSample<D> sample;              the RTTs; any other method can be applied to them
//   };
//   using Assessment = BasicAssessment<Microseconds>;     what score(fd) returns
//
//   assess(sample);                       the best-informed method: across layers if an
//                                         application RTT is known,
//   assess(sample, classifier);           else TCP's own ratio
//   assess(sample, calculator, classifier = {});          the method that the caller chooses
#ifndef AROMA_ASSESSMENT_HPP
#define AROMA_ASSESSMENT_HPP

#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstdint> // uint8_t

namespace aroma {

// Whether there is a score, or why there is none.
enum class Status : std::uint8_t {
    ok,
    no_sample,
    no_reply,
    handshake_only,
    unprobed,
    probes_void,
    minimum_fell,
    late_acks,
    no_probe,
    probe_without_token,
    probe_token,
    probe_unannounced,
    probe_unsent,
    probe_queued,
    probe_in_pieces,
    probe_unanswered,
    probe_interrupted,
    probe_retransmitted,
    probe_too_quick,
    probe_of_a_person,
    reply_in_pieces,
    handshaking,
    not_connected,
    listening,
    closed,
    no_descriptor,
    bad_descriptor,
    not_a_socket,
    not_tcp,
    no_tcp_info,
    kernel_too_old,
    not_found,
    lookup_failed,
    refused,
};

[[nodiscard]] constexpr char const* name(Status status) noexcept
{
    switch (status) {
    case Status::ok: return "ok";
    case Status::no_sample: return "no_sample";
    case Status::no_reply: return "no_reply";
    case Status::handshake_only: return "handshake_only";
    case Status::unprobed: return "unprobed";
    case Status::probes_void: return "probes_void";
    case Status::minimum_fell: return "minimum_fell";
    case Status::late_acks: return "late_acks";
    case Status::no_probe: return "no_probe";
    case Status::probe_without_token: return "probe_without_token";
    case Status::probe_token: return "probe_token";
    case Status::probe_unannounced: return "probe_unannounced";
    case Status::probe_unsent: return "probe_unsent";
    case Status::probe_queued: return "probe_queued";
    case Status::probe_in_pieces: return "probe_in_pieces";
    case Status::probe_unanswered: return "probe_unanswered";
    case Status::probe_interrupted: return "probe_interrupted";
    case Status::probe_retransmitted: return "probe_retransmitted";
    case Status::probe_too_quick: return "probe_too_quick";
    case Status::probe_of_a_person: return "probe_of_a_person";
    case Status::reply_in_pieces: return "reply_in_pieces";
    case Status::handshaking: return "handshaking";
    case Status::not_connected: return "not_connected";
    case Status::listening: return "listening";
    case Status::closed: return "closed";
    case Status::no_descriptor: return "no_descriptor";
    case Status::bad_descriptor: return "bad_descriptor";
    case Status::not_a_socket: return "not_a_socket";
    case Status::not_tcp: return "not_tcp";
    case Status::no_tcp_info: return "no_tcp_info";
    case Status::kernel_too_old: return "kernel_too_old";
    case Status::not_found: return "not_found";
    case Status::lookup_failed: return "lookup_failed";
    case Status::refused: return "refused";
    default: break;
    }
    return "not a status";
}

[[nodiscard]] constexpr char const* message(Status status) noexcept
{
    switch (status) {
    case Status::ok: return "scored";
    case Status::no_sample:
        return "no RTT has been measured yet: ask again after the client has acknowledged data";
    case Status::no_reply:
        return "no reply at this moment: ask when the client's answer has just become readable "
               "and nothing was sent after what it answers";
    case Status::handshake_only:
        return "one sample so far, the handshake's, which cannot show a proxy: ask again when the "
               "next request arrives";
    case Status::unprobed:
        return "no probe has been sent, and only a counted one shows a short path: send a "
               "redirect to a random path, or a ping with a random payload";
    case Status::probes_void:
        return "probes were sent and none of them counted: send another, and after two void ones "
               "in a row a challenge";
    case Status::minimum_fell:
        return "the minimum RTT has fallen since the last counted probe: send another";
    case Status::late_acks:
        return "the ACKs came as late as the replies, because of a full queue or a proxy that was "
               "made to hold them back: send another probe, or a challenge";
    case Status::no_probe:
        return "no probe is outstanding: call probe_sent() after the write, and this once for its "
               "answer";
    case Status::probe_without_token:
        return "the token is 0: hash the probe's random part, or use random_token()";
    case Status::probe_token:
        return "the answer's token is not the one that was sent: the probe is void, send another";
    case Status::probe_unannounced:
        return "score(fd, history) was not called before the probe was written: call it first";
    case Status::probe_unsent:
        return "nothing was written since score(fd, history): call probe_sent() after the write";
    case Status::probe_queued:
        return "part of what was written was not sent yet: probe again once the socket is writable "
               "and empty, with TCP_NODELAY";
    case Status::probe_in_pieces:
        return "the probe was sent in pieces, or its beginning was acknowledged before its end: "
               "give it one write, with the token last, and nothing else since score(fd, history)";
    case Status::probe_unanswered:
        return "the client has not answered the last probe, and another one has been sent";
    case Status::probe_interrupted:
        return "something else was sent between the probe and its answer: send nothing meanwhile, "
               "and probe again";
    case Status::probe_retransmitted:
        return "a segment was sent again between the probe and its answer: probe again";
    case Status::probe_too_quick:
        return "the answer came sooner than the path allows, so the probe was not read: probe "
               "again";
    case Status::probe_of_a_person:
        return "a person may have answered, as for a client certificate with a PIN: send a probe "
               "that the client's machine answers by itself";
    case Status::reply_in_pieces:
        return "the client ended its TLS handshake in pieces, and the last one may have waited for "
               "its own work or for our ACK: send a redirect or a ping";
    case Status::handshaking:
        return "the TCP handshake is not finished: ask again when a request arrives";
    case Status::not_connected:
        return "a TCP socket that is not connected: pass the descriptor that accept() returned";
    case Status::listening:
        return "a listening socket: pass the descriptor that accept() returned, not the listener";
    case Status::closed:
        return "the connection is closed or closing: ask when a request arrives, before answering "
               "or closing";
    case Status::no_descriptor:
        return "the TLS connection does not know its socket: give it with set_fd() before the "
               "handshake";
    case Status::bad_descriptor: return "not an open descriptor: it was closed, or never opened";
    case Status::not_a_socket: return "not a socket: pass the descriptor that accept() returned";
    case Status::not_tcp:
        return "a socket, but not TCP: UDP, Unix, raw and other sockets have no TCP round trips";
    case Status::no_tcp_info:
        return "TCP, but this system does not report its round trips (TCP_INFO), as in a sandbox "
               "(gVisor, seccomp) or for MPTCP before Linux 5.16: allow it, or run outside";
    case Status::kernel_too_old:
        return "the kernel reports no minimum RTT, or for a probe no bytes sent: use a newer one, "
               "docs/usage.md has the versions";
    case Status::not_found:
        return "no such connection of this host or container, or more than one: pass this "
               "server's end as local and the client's as remote, while it is open";
    case Status::lookup_failed:
        return "the connection could not be looked up by its addresses: the error beside this "
               "status, as in message(read(ends).lookup_error), says why and what to do";
    case Status::refused:
        return "the kernel or a security module refused to answer: the error beside this status, "
               "as in read(fd).error_number, is the errno";
    default: break;
    }
    return "not a status";
}

// The result for one connection. Without a score, status says why, and score, band and basis are
// unknown.
template <duration_like D>
struct BasicAssessment {
    Score score{};                     // unknown unless status is ok
    Band band = Band::unknown;         // the score's; unknown unless status is ok
    Basis basis = Basis::none;         // the method that decided; none unless status is ok
    Status status = Status::no_sample; // ok, or why there is no score
    RttSample<D> sample{};

    friend constexpr bool operator==(BasicAssessment const&,
                                     BasicAssessment const&) noexcept = default;
};

using Assessment = BasicAssessment<Microseconds>;

// With the caller's method; Status::no_sample if it gives no score.
template <class Method, duration_like D>
    requires scoring_method<Method, D>
[[nodiscard]] constexpr BasicAssessment<D> assess(RttSample<D> const& sample,
                                                  ScoreCalculator<Method> const& calculate,
                                                  ThresholdClassifier const& classify = {}) noexcept
{
    Score const score = calculate(sample);
    if (!score.known())
        return {.status = Status::no_sample, .sample = sample};
    return {.score = score,
            .band = classify(score),
            .basis = detail::basis_of<Method>,
            .status = Status::ok,
            .sample = sample};
}

// With the best-informed method: ReferenceOverExcess if the application RTT is measured(),
// MinOverSmoothed otherwise.
template <duration_like D>
[[nodiscard]] constexpr BasicAssessment<D> assess(RttSample<D> const& sample,
                                                  ThresholdClassifier const& classify = {}) noexcept
{
    if (measured(sample.application))
        return assess(sample, ScoreCalculator<ReferenceOverExcess>{}, classify);
    return assess(sample, ScoreCalculator<MinOverSmoothed>{}, classify);
}

} // namespace aroma

#endif // AROMA_ASSESSMENT_HPP
