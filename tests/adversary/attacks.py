# SPDX-License-Identifier: BSL-1.0
#
# Clients that try to talk themselves clear over HTTP/1.1, with TLS or without. Each takes a Place
# and its pause, and returns the server's verdict of a connection on which it has shown that its
# attack took place; otherwise it raises Broken. Row N is the case of that number in adversary.py.
import concurrent.futures
import json
import secrets
import socket
import subprocess
import time

from connection import Broken, Connection, Verdict, pause_until, request
from load import Load

LAST = "/score"


class Place:
    """A server, the way to it, and both legs in seconds."""

    def __init__(self, server, target, proxy, direct, forward, near, leg, context=None):
        self.server, self.target, self.proxy, self.direct = server, target, proxy, direct
        self.forward, self.near, self.leg, self.context = forward, near, leg, context
        # mod_aroma probes all of a host but what is longer than 2,000 characters
        self.last = LAST + ("?" + 2000 * "x" if server == "apache" else "")

    def connect(self, optimistic=None, **how):
        return Connection(self.target, self.proxy, optimistic, self.context, **how)

    def directly(self):
        return Connection(self.direct, None, None, self.context)

    def forwarded(self, optimistic=None, **how):
        return Connection(self.forward, None, optimistic, self.context, **how)

    def after_arrival(self, sent, beyond=0.0):
        """When to send what is to reach the proxy `beyond` behind the answer to what was sent."""
        return sent + self.near + beyond


def expect(true, what):
    if not true:
        raise Broken(what)


def first_path(place):
    return "/3" if place.server == "tls_server" else "/"


def follow(c, response, most=12):
    """As a browser would: to the verdict."""
    for _ in range(most):
        if response.status != 302:
            return response.verdict
        c.get(response.location)
        response = c.response()
    raise Broken("redirected without end")


def verdict_of(c, path=LAST):
    c.get(path)
    return c.response().verdict


def honest(place, pause):
    with place.connect() as c:
        c.get(first_path(place))
        return follow_or_ask(place, c, c.response())


def follow_or_ask(place, c, response):
    if place.server != "demo":
        return follow(c, response)
    while response.status == 302:  # its pages are for people; /score is the verdict
        c.get(response.location)
        response = c.response()
    return verdict_of(c)


def predictable_redirect(place, pause):
    """Row 5: the next request is sent before the redirect has come: to a path that is known, or by
    a guess at the random one."""
    with place.connect() as c:
        for i in range(4):
            c.get("/")
            sent = time.monotonic()
            pause_until(sent + pause)
            early = LAST if i % 2 else f"/probe/2/{secrets.token_hex(8)}"
            c.get(early)
            first, second = c.response(), c.response()
            expect(first.status == 302, "no redirect")
            expect(second.status in (200, 302, 404), "the early request was not taken")
        return verdict_of(c)


def expect_continue(place, pause):
    """Row 4: the server says 100 Continue after the answer's head, and the body follows that."""
    with place.connect() as c:
        continued = 0
        c.get("/")
        response = c.response()
        while response.status == 302:
            path = response.location
            c.send(request(path, "Expect: 100-continue\r\nContent-Length: 1\r\n"))
            time.sleep(pause)
            c.send(b"x")
            response = c.response()
            while response.status == 100:
                continued += 1
                response = c.response()
            expect(response.status < 500, f"the answer is {response.status}")
        expect(continued, "no 100 Continue")
        return response.verdict if response.status == 200 and place.server != "demo" \
            else verdict_of(c)


def close_behind_each(place, pause):
    """Row 6: no connection has a second exchange."""
    with place.connect() as c:
        c.get(first_path(place), "Connection: close\r\n")
        response = c.response()
    hops = 0
    while response.status == 302:
        hops += 1
        time.sleep(pause)
        with place.connect() as c:
            c.get(response.location, "Connection: close\r\n")
            response = c.response()
    expect(hops >= 3, "not redirected")
    return response.verdict


def second_in_flight(place, pause):
    """Row 6: behind each request another one, so that no answer is the last thing sent."""
    with place.connect() as c:
        path, hops = "/", 0
        while hops < 4:
            c.get(path)
            time.sleep(pause / 4)
            c.get(LAST)
            first, second = c.response(), c.response()
            expect(second.status == 200, "the second request was not answered")
            if first.status == 302:
                hops, path = hops + 1, first.location
            else:
                path = "/"
        return second.verdict


def optimistic(place, pause):
    """Row 6a: the request is sent before the proxy has answered CONNECT, or has dialled."""
    first = request("/")
    with place.connect(optimistic=first) as c:
        response = c.response()
        expect(response.status == 302, "the optimistic request was not answered")
        return follow(c, response)


def through_socat(place, pause):
    """Row 6a: socat accepts before it dials, and the request is there already."""
    with place.forwarded(optimistic=request("/")) as c:
        response = c.response()
        expect(response.status == 302, "the optimistic request was not answered")
        return follow(c, response)


def optimistic_silent(place, pause):
    """Row 6a: and then no redirect is followed: only the opening is there, and it is short."""
    with place.connect(optimistic=request("/")) as c:
        expect(c.response().status == 302, "the optimistic request was not answered")
        time.sleep(pause)
        return verdict_of(c, place.last)


def congested(probes):
    """Row 6b: bursts through the same proxy, timed so that its ACKs wait in the queue of the near
    leg, of the handshake and of each question, and that the queue has drained for the answer."""
    def attack(place, pause):
        load = Load(place)
        try:
            # the proxy dials 150 ms after this
            load.later(0.12 + pause / 2, 110_000)
            with place.connect() as c:
                c.get("/" if probes == 3 else f"/probe/{probes}/-")
                load.later(pause / 2, 110_000)
                response, hops = c.response(), 0
                while response.status == 302:
                    hops += 1
                    c.get(response.location)
                    load.later(pause / 2, 110_000)
                    response = c.response()
                expect(hops == probes, "no redirects")
                verdict = response.verdict
                expect(verdict.numbers["smoothed"] > 24_000, "the link was not full")
                return verdict
        finally:
            load.close()
    return attack


def token_from_elsewhere(place, pause):
    """Row 6c: a direct connection has the paths, and this one asks for them at once."""
    with place.directly() as other, place.connect() as c:
        seen = 0
        other.get(first_path(place))
        response = other.response()
        for _ in range(3):
            expect(response.status == 302, "the direct connection was not redirected")
            path = response.location
            other.get(path)
            response = other.response()
            c.get("/")
            pause_until(time.monotonic() + pause)
            c.get(path)
            first, second = c.response(), c.response()
            expect(first.status == 302 and second.status in (200, 302, 403), "not answered")
            seen += 1
        expect(seen == 3, "no paths")
        return verdict_of(c)


def never_answers(place, pause):
    """No probe is answered: new ones replace them."""
    with place.connect() as c:
        for _ in range(4):
            c.get("/")
            expect(c.response().status == 302, "no redirect")
            time.sleep(pause / 4)
        return verdict_of(c)


def in_pieces(place, pause):
    """What of the answer is known is sent early: all but the random path."""
    with place.connect() as c:
        known = len(b"GET /probe/2/")
        c.get("/")
        for step in (2, 1, 0):
            pause_until(time.monotonic() + pause)
            c.put(b"GET /probe/%d/" % step)
            response = c.response()
            expect(response.location.startswith(f"/probe/{step}/"), "another path")
            c.put(request(response.location)[known:])
        response = c.response()
        return response.verdict


def byte_by_byte(place, pause):
    """The answer trickles, so that TCP has many samples of it."""
    with place.connect() as c:
        c.get("/")
        response = c.response()
        while response.status == 302:
            wire = request(response.location)
            for i in range(0, len(wire) - 8, 8):
                c.put(wire[i:i + 8])
                time.sleep(pause / 40)
            c.put(wire[i + 8:])
            response = c.response()
        return response.verdict


def held_acks(place, pause):
    """The proxy's kernel holds back ACKs, by 40 ms, on a connection that has sent soon behind what
    it received (its interactive, or pingpong, mode). So the first byte of the request for the
    redirect goes ahead, and passes the proxy a little behind an answer. TCP then has the redirect's
    exchange nearly as long as its reply, which excuses a direct client's; the second redirect,
    whose ACK is not held, is not answered."""
    beyond = 0.004 + pause * 0.4  # to 36 ms
    with place.connect() as c:
        highest = None
        path = LAST
        for _ in range(5):
            c.get(path)
            pause_until(place.after_arrival(time.monotonic(), beyond))
            c.put(b"G")
            c.response()
            before = highest
            c.put(request("/")[1:])
            path = c.response().location
            expect(path.startswith("/probe/2/"), "no redirect")
            highest = path
        c.get(path)
        expect(before and c.response().status == 302, "no redirect")
        last = verdict_of(c)
        expect(last.numbers["smoothed"] > last.numbers["minimum"] + 6000, "no ACK was held back")
        return last


def raised_srtt(place, pause):
    """TCP's smoothed RTT is raised by requests in a row, each just in time to carry the held ACK of
    the answer before it. Then one probe is answered, and the next one not."""
    beyond = 0.038 - pause / 20
    with place.connect() as c:
        c.get(LAST)
        expect(c.response().status == 200, "no verdict")
        for _ in range(3):
            for _ in range(30):
                c.get(LAST)
                pause_until(place.after_arrival(time.monotonic(), beyond))
            for _ in range(30):
                last = c.response().verdict
            expect(last.numbers["smoothed"] > last.numbers["minimum"] + 15000, "not raised")
            c.get("/")
            c.get(c.response().location)
            expect(c.response().status == 302, "no redirect")
        return verdict_of(c)


def stretch(c, place, pause, small, last):
    """A kernel in turns with its peer holds back an ACK for as long as the gaps between what it
    receives, but not beyond its own RTT. What is sent in two parts makes the server's kernel hold
    back the ACK of the first, which stretches the proxy's RTT by some 36 ms; then the gaps of the
    answers grow. Now the proxy holds back the ACK of a question for as long as that RTT, or until
    the answer takes it along. For proxies that set TCP_NODELAY, as socat can: Nagle's algorithm
    would make the second part wait."""
    held, due = 0.036, time.monotonic()
    gaps = [0.072] * (10 + round(pause * 200)) + [0.038, 0.038, 0.05]
    acknowledged = max(0.05, 2 * place.near + 0.04)  # then nothing else is on its way
    for i, gap in enumerate(gaps + [acknowledged]):
        due += gap
        wire = c.wire(small() if i < len(gaps) else last)
        pause_until(due - held)
        c.put(wire[:3])
        pause_until(due)
        c.put(wire[3:])
    return len(gaps)


def long_held_acks(probes):
    """TCP's samples are as long as the replies: see stretch(). A TLS handshake is answered so late
    that it is no witness."""
    def attack(place, pause):
        short = "/none" if place.server == "tls_server" else LAST
        with place.forwarded(late=0.3 if place.context else 0) as c:
            for _ in range(2):
                c.get(short)
                c.response()
            for _ in range(stretch(c, place, pause, lambda: request(short), request("/"))):
                c.response()
            response = c.response()
            for _ in range(probes):
                c.get(response.location)
                response = c.response()
                expect(response.status in (200, 302), "the redirect is not followed")
            last = verdict_of(c)
            expect(last.numbers["smoothed"] > last.numbers["minimum"] + 8000, "no ACK was held")
            return last
    return attack


def piece_ahead(place, pause):
    """The first byte of the handshake's answer comes when one over a short path would."""
    with place.connect(between=2 * place.near + pause / 2) as c:
        return verdict_of(c)


def split_flight(place, pause):
    """The server signs for so long that its flight leaves in two parts, the first when OpenSSL has
    a buffer full. A byte of the client's passes the proxy between them, so that its kernel is in
    turns with the server when the second part comes, and by the gap between the parts it holds back
    the ACK of that for longer than 40 ms, if its own RTT is longer. So TCP explains the first
    exchange; those behind it as in long_held_acks(). socat dials while the ClientHello waits."""
    time.sleep(25 * pause)  # a client that is busy with others answers too late
    with place.forwarded(between=2 * place.near + 0.012 + pause / 16) as c:
        for _ in range(2):
            c.get("/none")
            c.response()
        for _ in range(stretch(c, place, 0.08, lambda: request("/none"), request("/"))):
            c.response()
        c.get(c.response().location)
        last = c.response()
        tls = next(m for m in json.loads(last.body)["moments"] if m["moment"] == "tls")
        expect(tls["smoothed_us"] > tls["minimum_us"] + 3000, "no ACK was held back")
        return last.verdict


def several_samples(place, pause):
    """Some answers are on their way when the redirect leaves, and bytes of the next request have
    the proxy acknowledge each some milliseconds late, and the redirect just before it would by
    itself. All of those samples raise TCP's RTT between the redirect and its answer, as if they
    were one that is long enough."""
    step = 0.009 + pause / 80
    early = b"GET /probe/"
    count = min(max(2, round(place.near / step)), len(early))
    with place.forwarded() as c:
        for _ in range(3):
            c.get(LAST)
            c.response()
        start = time.monotonic()
        for i in range(count):
            pause_until(start + i * step)
            c.get(LAST if i < count - 1 else "/")
        for i in range(count):
            late = step * 0.9 if i < count - 1 else 0.036
            pause_until(place.after_arrival(start + i * step, late))
            c.put(early[i:i + 1])
        for _ in range(count - 1):
            c.response()
        path = c.response().location
        expect(path.startswith("/probe/2/"), "another path")
        c.put(request(path)[count:])
        expect(c.response().status == 302, "the redirect is not followed")
        last = verdict_of(c)
        expect(last.numbers["smoothed"] > last.numbers["minimum"] + 2000, "no ACK was held back")
        return last


def question_behind_much(place, pause):
    """Row 6d: so much waits unread before the redirect that the server cannot write it whole: its
    beginning, with the token, may arrive before its end has left. By how much the buffers on the
    way are full just then differs, so the amounts do."""
    mark, amount = b"HTTP/1.1 302", 300_000 + round(5e6 * pause)
    with place.connect(window=32_768) as c:
        c.get(LAST)
        size = 13_000 if place.context else len(c.response().body) + 150
        c.put(b"".join(c.wire(request(LAST)) for _ in range(amount // size)))
        c.get("/")
        time.sleep(0.5 + pause)
        unread = 0
        while mark not in c.bytes:
            unread += len(c.bytes[:-len(mark)])
            c.bytes = c.bytes[-len(mark):]
            c._more()
        expect(unread > amount // 3, f"only {unread} bytes were unread")
        c.bytes = c.bytes[c.bytes.index(mark):]
        c.get(c.response().location)
        expect(c.response().status in (200, 302), "the redirect is not followed")
        return verdict_of(c)


def small_window(place, pause):
    """Row 6d: a client with room for a few hundred bytes, whose requests are in flight in numbers,
    so that the proxy passes on the redirect in parts."""
    with place.connect(window=1) as c:
        for _ in range(3):
            for _ in range(8):
                c.get(LAST)
            c.get("/")
            time.sleep(pause)
            for _ in range(8):
                c.response()
            c.get(c.response().location)
            expect(c.response().status in (200, 302), "the redirect is not followed")
        return verdict_of(c)


def best(verdicts):
    """The one that a client would show around."""
    order = ("normal", "unstable", "unknown", "suspicious", "proxy")
    return min(verdicts, key=lambda verdict: (not verdict.cleared, order.index(verdict.band)))


def one_request_each(place, pause):
    """Many connections of one request each, some at a time; the best of them."""
    def one(i):
        time.sleep(pause / 4)
        with place.connect() as c:
            c.get(LAST, "Connection: close\r\n")
            return c.response().verdict
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        return best(list(pool.map(one, range(20))))


def many_at_once(place, pause):
    """Twenty connections at a time, in the hope of a lucky one; the best of them."""
    def one(i):
        time.sleep(pause * i / 20)
        return honest(place, pause)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        return best(list(pool.map(one, range(20))))


def score_at_every_step(place, pause):
    """The verdict is asked for whenever there is one: the best of them, while probes are few."""
    verdicts = []
    with place.connect(late=pause * 4 if place.context else 0) as c:
        for _ in range(4):
            verdicts.append(verdict_of(c))
            c.get("/")
            response = c.response()
            time.sleep(pause)
            c.get(response.location)
            c.response()
        verdicts.append(verdict_of(c))
    return best(verdicts)


def half_closed(place, pause):
    """The answer comes with the end of all that the client says, before which the kernel's stamps
    are read in another way. socat passes such an end on, and waits for half a second."""
    with place.forwarded() as c:
        c.get("/")
        response = c.response()
        for _ in range(2):
            c.get(response.location)
            response = c.response()
        pause_until(time.monotonic() + pause)
        c.get(response.location)
        c.tcp.shutdown(socket.SHUT_WR)
        return c.response().verdict


def urgent(place, pause):
    """Urgent bytes before and within each answer, which a proxy reads apart or not at all."""
    with place.connect() as c:
        c.get("/")
        response, hops = c.response(), 0
        while response.status == 302:
            hops += 1
            wire = request(response.location)
            c.tcp.send(b"!", socket.MSG_OOB)
            time.sleep(pause / 4)
            c.put(wire[:9])
            c.tcp.send(b"!", socket.MSG_OOB)
            c.put(wire[9:])
            response = c.response()
        expect(hops == 3, "no redirects")
        return response.verdict


def by_hand(case):
    """A case of tls_adversary.cpp."""
    def attack(place, pause):
        first = "websocket" if place.server == "websocket_ping" else first_path(place)
        done = subprocess.run(
            [place.tls_adversary, case, str(round(pause * 1000)), first, place.target[0],
             str(place.target[1]), place.proxy[0], str(place.proxy[1])],
            capture_output=True, timeout=30)
        if done.returncode != 0:
            raise Broken(done.stderr.decode().strip() or f"status {done.returncode}")
        return Verdict(done.stdout)
    return attack
