// SPDX-License-Identifier: BSL-1.0
//
// aroma/aroma.hpp: the portable core, and on Linux the adapter.
//
// Aroma tells a server, from round-trip times alone, whether a TCP proxy stands between it and its
// client. Without a proxy that terminates TCP, the RTT measured by TCP and the RTT measured above
// it agree. With one, TCP sees the path to the proxy, and everything above TCP sees the client.
//
//     aroma::Assessment a = aroma::score(fd);           // an accepted socket on which a request
//                                                       // has just arrived
//     if (a.band == aroma::Band::proxy) ask_for_more_proof();
//
// Data flows one way: each header includes only those before it, and all can be used alone:
//
//     duration.hpp               durations of any type
//     rtt_sample.hpp             the RTTs measured                  RttSample<D>
//     score.hpp                  a number in (0, 1], or unknown     Score
//     methods.hpp                the formulas                       MinOverSmoothed ...
//     score_calculator.hpp       a formula, applied                 ScoreCalculator<Method>
//     threshold_classifier.hpp   score to band                      ThresholdClassifier
//     assessment.hpp             the result                         Assessment, assess(sample)
//     exchange.hpp               which exchange was timed           Exchange
//     probe.hpp                  probes                             token_of(), SendPosition
//     connection_history.hpp     one connection over its life       ConnectionHistory
//     linux/tcp_info.hpp         the kernel's bytes to a sample     TcpInfo, decode(bytes)
//     linux/socket.hpp           a socket to those bytes            read(fd)
//     linux/timing.hpp           the kernel's timestamps            timed(), send_position()
//     linux/score.hpp            a socket to an assessment          score(fd), score(fd, history),
//                                                                   probe_sent(), probe_answered()
//
// The core is constexpr and noexcept, allocates nothing and knows no operating system. This header
// does not include integrations/fmt.hpp and integrations/openssl.hpp, which need another library;
// linux/sock_diag.hpp, which finds connections without their descriptors; and what follows an
// assessment: decide/evidence.hpp, from several signals to a probability, and decide/policy.hpp,
// from there to a response.
#ifndef AROMA_AROMA_HPP
#define AROMA_AROMA_HPP

#include <aroma/assessment.hpp>
#include <aroma/connection_history.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/methods.hpp>
#include <aroma/probe.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>
#include <aroma/version.hpp>

#if defined(__linux__)
#include <aroma/linux/score.hpp>
#include <aroma/linux/socket.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/linux/timing.hpp>
#endif

#endif // AROMA_AROMA_HPP
