# SPDX-License-Identifier: BSL-1.0
#
# Runs the cases in the lab that adversary.sh has made, and judges what the servers said.
import argparse
import collections
import concurrent.futures
import sys
import time

import attacks
from attacks import Place
from connection import Broken, client_context

LEG = 60  # ms
BANDS = ("normal", "unstable", "suspicious", "proxy", "unknown")
TLS = ("tls_server", "slow_tls_server", "http2_ping", "websocket_ping", "demo")


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
        place = Place(server, (server_address, ports[server]), (address, int(port)),
                      (args.direct, ports[server]), (address, ports[server]), int(near) / 1000,
                      LEG / 1000, client_context() if server in TLS else None)
        place.tls_adversary, place.sink = args.tls_adversary, (server_address, args.sink)
        yield place, pause, pool.submit(attempt, case, place, pause)


def run(args):
    ports = {name: int(port) for name, port in args.server}
    cases = {name: case for name, case in attacks.cases().items()
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
