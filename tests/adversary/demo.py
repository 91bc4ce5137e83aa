# SPDX-License-Identifier: BSL-1.0
#
# Clients that take a way through the demo on which they would not be measured. Each ends at a page
# of it, which has to be its question or a refusal, and at what /score says about the connection.
import json
import re
import time

import websocket_frames
from attacks import LAST, best, expect, verdict_of
from connection import Verdict, pause_until
from http2 import Http2
from http2_frames import (DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST, frame,
                          read_frame)
from websocket import WebSocket


def judged(verdict, pages):
    """A page that lets in is as good as a clearance."""
    expect(pages, "no page")
    verdict.cleared = verdict.cleared or any(b"One question first" not in page for page in pages)
    return verdict


def close_behind_each(place, pause):
    """No connection has a second exchange: the redirects go on to the page."""
    verdicts, path, hops = [], "/", 0
    while True:
        with place.connect() as c:
            c.get(path, "Connection: close\r\n")
            response = c.response()
        with place.connect() as c:
            verdicts.append(verdict_of(c))
        if response.status != 302:
            expect(response.status == 200 and hops >= 3, f"{hops} redirects, {response.status}")
            return judged(best(verdicts), [response.body])
        hops, path = hops + 1, response.location
        time.sleep(pause / 4)


def second_behind_each(place, pause):
    """Behind each request another, so that no redirect is the last thing that was sent."""
    with place.connect() as c:
        path, pages = "/", []
        for _ in range(12):
            c.get(path)
            time.sleep(pause / 8)
            c.get("/healthz")
            response = c.response()
            expect(c.response().status == 200, "the second request was not answered")
            if response.status != 302:
                pages.append(response.body)
                break
            path = response.location
        return judged(verdict_of(c), pages)


def follows_none(place, pause):
    """The redirects are not followed: the page is asked for until it comes."""
    with place.connect() as c:
        for i in range(12):
            c.get("/" if i % 2 else "/info")
            response = c.response()
            if response.status != 302:
                break
            time.sleep(pause / 8)
        pages = []
        if response.status == 200:
            c.get("/")
            pages.append(c.response().body)
        expect(pages, "redirected without end")
        return judged(verdict_of(c), pages)


def score_alone(place, pause):
    """Only the score is asked for, and not too often; the best that it says."""
    with place.connect(late=pause * 4) as c:
        verdicts = []
        for _ in range(6):
            verdicts.append(verdict_of(c))
            time.sleep(pause)
        return best(verdicts)


def files_between(place, pause):
    """Files and scores between each redirect and its answer."""
    with place.connect() as c:
        path, pages = "/", []
        for _ in range(12):
            c.get(path)
            response = c.response()
            if response.status != 302:
                pages.append(response.body)
                break
            path = response.location
            for other in ("/style.css", "/req.json", LAST):
                c.get(other)
                expect(c.response().status == 200, f"no {other}")
            time.sleep(pause / 8)
        return judged(verdict_of(c), pages)


def redirects_from_elsewhere(place, pause):
    """A direct connection asks and does not follow; this one follows its redirects, at the time at
    which it has been redirected itself."""
    with place.directly() as other, place.connect() as c:
        for _ in range(6):
            other.get("/")
            path = other.response().location
            c.get("/")
            pause_until(time.monotonic() + pause)
            c.get(path)
            own, response = c.response(), c.response()
            expect(response.status in (200, 302), "the other's redirect is refused")
        pages = [response.body] if response.status == 200 else []
        while own.status == 302:
            c.get("/healthz")
            c.response()
            c.get("/")
            own = c.response()
        return judged(verdict_of(c), pages + [own.body])


def http2_streams(place, pause):
    """Over HTTP/2 another stream behind each redirect's, and no rest for the server's own PINGs,
    which are not answered."""
    h, stream = Http2(place), 1

    def ask(path):
        nonlocal stream
        stream += 2
        h.c.send(frame(HEADERS, END_HEADERS | END_STREAM, stream,
                       b"\x82\x87\x04" + bytes((len(path),)) + path + b"\x01\x09adversary"))
        return stream

    def body(of):
        while of not in whole:
            kind, flags, id, payload = read_frame(h.c.exactly)
            expect(kind not in (RST, GOAWAY), f"refused: {payload.hex()}")
            if kind == DATA:
                bodies[id] = bodies.get(id, b"") + payload
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                whole.add(id)
        return bodies.get(of, b"")

    bodies, whole = {}, set()
    got, hops = body(1), 0
    while got.startswith(b"/"):  # a redirect says in its body too where it leads
        hops += 1
        expect(hops < 12, "redirected without end")
        following = ask(got.strip())
        time.sleep(pause / 8)
        other = ask(b"/healthz")
        got = body(following)
        expect(body(other) == b"ok\n", "the second stream was not answered")
    return judged(Verdict(body(ask(LAST.encode()))), [got])


def live(place, pause):
    """The live page's WebSocket: the mark is sent before it is asked for, so that the server is
    about to speak when it pings, and pongs that nobody asked for beside each."""
    with place.connect() as c:
        c.get("/info")
        response = c.response()
        while response.status == 302:
            c.get(response.location)
            response = c.response()
        token = re.search(rb'data-websocket="([^"]*)"', response.body)
        expect(token, "no live page")
    w, seen, pings = WebSocket(place, "/live?t=" + token[1].decode()), None, 0
    while pings < 6 or not seen:
        kind, payload = w.frame()
        if kind == websocket_frames.PING:
            pings += 1
            w.c.send(websocket_frames.frame(websocket_frames.TEXT, b"early"))
            time.sleep(pause / 4)
            w.c.send(websocket_frames.frame(websocket_frames.PONG, payload)
                     + websocket_frames.frame(websocket_frames.PONG, payload))
        elif payload.startswith(b"{"):
            seen = json.loads(payload)["seen"]
            w.c.send(websocket_frames.frame(websocket_frames.TEXT, b"mark"))
        elif kind == websocket_frames.CLOSE:
            break
    expect(pings > 0 and seen, "no pings")
    return Verdict(json.dumps(seen))
