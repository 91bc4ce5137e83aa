# SPDX-License-Identifier: BSL-1.0
#
# Clients of websocket_ping that try to talk themselves clear.
import secrets
import time

from attacks import expect, stretch
from connection import Verdict, request
from load import Load
from websocket_frames import PING, PONG, TEXT, UPGRADE, frame, read_frame


class WebSocket:
    def __init__(self, place, path="/", connection=None):
        self.c = connection or place.connect()
        self.c.get(path, UPGRADE)
        expect(self.c.response().status == 101, "no WebSocket")
        self.pings, self.pongs = 0, 0

    def frame(self):
        return read_frame(self.c.exactly)

    def verdict(self, before_answer, behind_answer=lambda payload: None, wanted=4):
        """Answers every ping, between before_answer() and behind_answer(); then what the server
        says."""
        while True:
            kind, payload = self.frame()
            if kind == PING:
                self.pings += 1
                before_answer(payload)
                self.c.send(frame(PONG, payload))
                behind_answer(payload)
            elif kind == PONG:
                self.pongs += 1
            else:
                expect(kind == TEXT and self.pings == wanted, f"{self.pings} pings")
                return Verdict(payload)


def storm(w, pause, kind, count):
    """Before each answer so many frames that nobody asked for, with a guess at the payload."""
    def before(_):
        for _ in range(count):
            w.c.send(frame(kind, secrets.token_bytes(8)))
            time.sleep(pause / 2 / count)
    return w.verdict(before)


def pong_storm(place, pause):
    """Before each answer pongs."""
    return storm(WebSocket(place), pause, PONG, 16)


def early_pongs(place, pause):
    """Behind each answer a pong, so that it arrives just behind the next ping: with the payload of
    the last one, an empty one or a guess."""
    w = WebSocket(place)

    def behind(payload):
        for early in (payload, b"", secrets.token_bytes(8)):
            time.sleep(pause / 3)
            w.c.send(frame(PONG, early))
    return w.verdict(lambda _: None, behind)


def ping_storm(place, pause):
    """Before each answer pings, which the server's library answers by itself."""
    w = WebSocket(place)
    verdict = storm(w, pause, PING, 8)
    expect(w.pongs > 0, "no pongs")
    return verdict


def timed_bursts(place, pause):
    """Row 6b: a burst in time for the handshake, and one behind each answer, for the next ping."""
    load = Load(place)
    try:
        load.later(0.12 + pause / 2, 110_000)
        verdict = WebSocket(place).verdict(lambda _: None, load.paced(pause))
        expect(verdict.numbers["smoothed"] > 20_500, "the link was not full")
        return verdict
    finally:
        load.close()


def long_held_acks(place, pause):
    """TCP's samples of the pings are as long as the pongs take: see attacks.stretch(), here before
    the WebSocket, by pages that there are not."""
    c = place.forwarded(late=0.3)
    for _ in range(stretch(c, place, pause, lambda: request("/none"), request("/none"))):
        c.response()
    c.response()
    return WebSocket(place, connection=c).verdict(lambda _: None)


def chatter(place, pause):
    """Messages all the time: the proxy has always something to carry its ACKs, and the beginning of
    each answer goes ahead of it."""
    w = WebSocket(place)

    def before(payload):
        for i in range(8):
            w.c.send(frame(TEXT, b"-" * 100))
            time.sleep(pause / 16)
        wire = w.c.wire(frame(TEXT, b"-"))
        w.c.put(wire[:5])
        time.sleep(pause / 16)
        w.c.put(wire[5:])
    return w.verdict(before)
