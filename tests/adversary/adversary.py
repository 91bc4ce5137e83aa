# SPDX-License-Identifier: BSL-1.0
#
# Runs the cases in the lab that adversary.sh has made, and judges what the servers said.
import argparse
import collections
import concurrent.futures
import sys
import time

import attacks
import demo
import grpc_echo
import http2
import modules
import websocket
from connection import Broken, client_context

LEG = 60  # ms
BANDS = ("normal", "unstable", "suspicious", "proxy", "unknown")
TLS = ("nginx_tls", "apache_tls", "tls_server", "slow_tls_server", "http2_ping", "websocket_ping",
       "demo")

PLAIN = ("epoll_server", "threads", "libevent", "microhttpd", "uv", "asio", "poco", "httplib",
         "uring", "pistache", "qt")
HTTPS = ("tls_server",)
MODULES = ("nginx", "apache")
BY_HAND = ("tls_server", "websocket_ping")
HANDSHAKES = BY_HAND + ("nginx_tls", "apache_tls")
HTTP2, WEBSOCKET, GRPC, DEMO = ("http2_ping",), ("websocket_ping",), ("grpc",), ("demo",)


def without(*servers):
    return tuple(s for s in PLAIN if s not in servers)


# Of each: the client, and the servers that it is for. A name that begins with honest is a control,
# and one with 6b is judged by what is cleared alone.
CASES = {
    "honest": (attacks.honest, PLAIN + HTTPS + DEMO + MODULES),
    "honest, TLS by hand": (attacks.by_hand("none"), HANDSHAKES),
    "honest, HTTP/2": (http2.honest, HTTP2),
    "honest, gRPC": (grpc_echo.honest, GRPC),
    "5 predictable redirect": (attacks.predictable_redirect, PLAIN + HTTPS + DEMO),
    # the others read no bodies, and close (tests/examples/hostile.py)
    "4 Expect: 100-continue": (attacks.expect_continue, ("epoll_server",) + MODULES),
    "6 Connection: close": (attacks.close_behind_each, PLAIN + HTTPS),
    "6 second request in flight": (attacks.second_in_flight, PLAIN + HTTPS + DEMO),
    "6a optimistic SOCKS": (attacks.optimistic, MODULES + PLAIN),
    "6a optimistic, socat": (attacks.through_socat, MODULES + PLAIN),
    "6a optimistic, then silent": (attacks.optimistic_silent, MODULES + PLAIN),
    "6c token from elsewhere": (attacks.token_from_elsewhere, PLAIN + HTTPS),
    "replies never given": (attacks.never_answers, PLAIN + HTTPS + DEMO),
    "answers in pieces": (attacks.in_pieces, PLAIN),
    "byte by byte": (attacks.byte_by_byte, MODULES + PLAIN),
    "1 early ClientKeyExchange": (attacks.by_hand("early-key-exchange"), HANDSHAKES),
    "2 early second ClientHello": (attacks.by_hand("early-hello"), HANDSHAKES),
    "3 renegotiation hello": (attacks.by_hand("renegotiate"), BY_HAND),
    "early Finished, RSA": (attacks.by_hand("early-finished"), HANDSHAKES),
    "KeyUpdate": (attacks.by_hand("key-update"), BY_HAND),
    "KeyUpdate, asked for another": (attacks.by_hand("key-update-asked"), BY_HAND),
    "TLS resumed": (attacks.by_hand("resumed"), HANDSHAKES),
    "early data and its end": (attacks.by_hand("early-data"), HANDSHAKES),
    "piece of the answer ahead": (attacks.piece_ahead, ("nginx_tls", "apache_tls") + HTTPS + DEMO),
    "HTTP/2 ping storm": (http2.storm, HTTP2),
    "HTTP/2 windows": (http2.windows, HTTP2),
    "HTTP/2 more requests": (http2.more_requests, HTTP2),
    "HTTP/2 upload": (http2.upload, HTTP2),
    "HTTP/2 early answers": (http2.early_answers, HTTP2),
    "WebSocket pong storm": (websocket.pong_storm, WEBSOCKET),
    "WebSocket early pongs": (websocket.early_pongs, WEBSOCKET),
    "WebSocket ping storm": (websocket.ping_storm, WEBSOCKET),
    "WebSocket chatter": (websocket.chatter, WEBSOCKET),
    "gRPC storm": (grpc_echo.storm, GRPC),
    "gRPC, one ahead": (grpc_echo.one_ahead, GRPC),
    "6d gRPC in pieces": (grpc_echo.in_pieces, GRPC),
    "held ACKs": (attacks.held_acks, PLAIN),
    "raised SRTT": (attacks.raised_srtt, without("httplib")),
    "long held ACKs": (attacks.long_held_acks(1), without("httplib") + HTTPS + DEMO),
    "long held ACKs, all probes": (attacks.long_held_acks(3), without("httplib")),
    "long held ACKs, HTTP/2": (http2.long_held_acks, HTTP2),
    "long held ACKs, WebSocket": (websocket.long_held_acks, WEBSOCKET),
    "split flight": (attacks.split_flight, ("slow_tls_server",)),
    "several samples": (attacks.several_samples, without("httplib", "pistache")),
    "6d question behind much": (attacks.question_behind_much,
                                without("httplib", "pistache") + HTTPS),
    "6d small window": (attacks.small_window, without("httplib", "pistache") + HTTPS),
    "one request each": (attacks.one_request_each, MODULES + PLAIN + HTTPS + DEMO),
    "20 at once": (attacks.many_at_once, MODULES + PLAIN + HTTPS + DEMO),
    "/score at every step": (attacks.score_at_every_step, PLAIN + HTTPS),
    "half closed": (attacks.half_closed, without("httplib", "pistache")),
    "urgent bytes": (attacks.urgent, PLAIN),
    "demo: close": (demo.close_behind_each, DEMO),
    "demo: second behind each": (demo.second_behind_each, DEMO),
    "demo: no redirect followed": (demo.follows_none, DEMO),
    "demo: /score alone": (demo.score_alone, DEMO),
    "demo: files between": (demo.files_between, DEMO),
    "demo: another's redirects": (demo.redirects_from_elsewhere, DEMO),
    "demo: HTTP/2 streams": (demo.http2_streams, DEMO),
    "demo: live page": (demo.live, DEMO),
    "module: no redirect followed": (modules.never_follows, MODULES),
    "module: second in flight": (modules.second_in_flight, MODULES),
    "module: guessed token": (modules.guessed_token, MODULES),
    "module: token of before": (modules.own_token_of_before, MODULES),
    "module: token from elsewhere": (modules.token_from_elsewhere, MODULES),
    "module: always a token": (modules.always_a_token, MODULES),
    "module: answered elsewhere": (modules.answered_elsewhere, MODULES),
    "module: answered by POST": (modules.answered_by_post, MODULES),
    "module: POST alone": (modules.others_than_get, MODULES),
    "6b one probe": (attacks.congested(1), ("threads",)),
    "6b three probes": (attacks.congested(3), ("threads",)),
    "6b timed bursts, HTTP/2": (http2.timed_bursts, HTTP2),
    "6b timed bursts, WebSocket": (websocket.timed_bursts, WEBSOCKET),
    "6b full queue, HTTP/2": (http2.congested, HTTP2),
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--near", type=int)
    parser.add_argument("--attempts", type=int)
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--tls-adversary")
    parser.add_argument("--direct", required=True)
    parser.add_argument("--sink", type=int)
    parser.add_argument("--narrow", nargs=3)
    parser.add_argument("--leg", nargs=3, action="append", required=True)
    parser.add_argument("--server", nargs=2, action="append", required=True)
    return parser.parse_args()


class Row:
    """The attempts of a case at a near leg."""

    def __init__(self):
        self.bands = collections.Counter()
        self.broken, self.cleared, self.lines = [], 0, []
        self.says_cleared = False

    def add(self, server, pause, verdict, verbose):
        if verbose:
            print(f"    {server}, D {pause * 1000:.0f} ms: {verdict}")
        if isinstance(verdict, str):
            self.broken.append(f"{server}, D {pause * 1000:.0f} ms: {verdict}")
            return
        self.bands[verdict.band] += 1
        self.says_cleared = self.says_cleared or verdict.cleared is not None
        self.cleared += bool(verdict.cleared)
        if verdict.band in ("normal", "unstable") or verdict.cleared:
            self.lines.append(f"{server}, D {pause * 1000:.0f} ms: {verdict.band} {verdict.score} "
                              f"({verdict.status}, {verdict.numbers})")

    def wrong(self, honest, narrow):
        """What fails the run, a line each."""
        attempts = sum(self.bands.values())
        lines = []
        if len(self.broken) > 0.1 * (attempts + len(self.broken)):
            lines = [f"broken: {line}" for line in self.broken]
        if honest:
            found = self.bands["suspicious"] + self.bands["proxy"]
            return lines + (self.lines if found < 0.95 * attempts else [])
        if narrow and not self.cleared:
            return lines
        return lines + self.lines

    def text(self, case, near):
        counts = " ".join(f"{self.bands[band]:>10}" for band in BANDS)
        cleared = self.cleared if self.says_cleared else "-"
        return (f"{case:<28} {near:>3} {sum(self.bands.values()):>8} {counts} {cleared:>8} "
                f"{len(self.broken):>6}")


HEAD = (f"{'case':<28} {'ms':>3} {'attempts':>8} " + " ".join(f"{b:>10}" for b in BANDS)
        + f" {'cleared':>8} {'broken':>6}")


def attempt(case, place, pause):
    for tries in range(2):
        try:
            return case(place, pause)
        except Broken as why:
            broken = str(why)
        except OSError as why:
            broken = f"{type(why).__name__}: {why}"
    return broken


def start(args, pool, case, servers, ports, leg):
    """The attempts of a case at a near leg; each server has some of all pauses."""
    near, server_address, proxy = leg
    address, port = proxy.rsplit(":", 1)
    total = args.attempts or (3 if args.short else 20)
    each = max(-(-total // len(servers)), 1 if args.short else 3)
    pauses = [0.08 * i / max(1, each * len(servers) - 1) for i in range(each * len(servers))]
    for i, pause in enumerate(pauses):
        server = servers[i % len(servers)]
        context = client_context() if server in TLS else None
        place = attacks.Place(server, (server_address, ports[server]), (address, int(port)),
                              (args.direct, ports[server]), (address, ports[server]),
                              int(near) / 1000, LEG / 1000, context)
        place.tls_adversary, place.sink = args.tls_adversary, (server_address, args.sink)
        yield place, pause, pool.submit(attempt, case, place, pause)


def run(args):
    ports = {name: int(port) for name, port in args.server}
    cases = {name: case for name, case in CASES.items()
             if not args.only or args.only in name or name == "honest"}
    failed, begun = False, time.monotonic()

    def begin(name, pool, legs):
        case, servers = cases[name]
        here = [server for server in servers if server in ports]
        return [(near, list(start(args, pool, case, here, ports, (near, *rest))))
                for near, *rest in legs] if here else []

    def report(name, begun):
        nonlocal failed
        if not begun:
            print(f"{name}: not tried: no server for it")
        for near, results in begun:
            row = Row()
            for place, pause, result in results:
                row.add(place.server, pause, result.result(), args.verbose)
            print(row.text(name, near), flush=True)
            lines = row.wrong(name.startswith("honest"), name.startswith("6b"))
            failed = failed or bool(lines)
            for line in lines[:12]:
                print("    FAILED:", line, flush=True)
            if row.broken and not lines:
                print("    broken:", row.broken[0])

    print(HEAD)
    legs = [leg for leg in args.leg if not args.near or int(leg[0]) == args.near]
    with concurrent.futures.ThreadPoolExecutor(args.workers) as pool:
        wide = {name: begin(name, pool, legs) for name in cases if not name.startswith("6b")}
        for name, attempts in wide.items():
            report(name, attempts)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # all of the link is one client's
        for name in cases:
            if name.startswith("6b"):
                report(name, begin(name, pool, [args.narrow]))
    print(f"{time.monotonic() - begun:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(run(arguments()))
