# SPDX-License-Identifier: BSL-1.0
#
# Clients of http2_ping that try to talk themselves clear.
import secrets
import threading
import time

from attacks import expect, stretch
from connection import Broken, Connection, Verdict, client_context
from http2_frames import (ACK, DATA, END_HEADERS, GOAWAY, HEADERS, PING, RST, SETTINGS, WINDOW,
                          frame, preface, read_frame, setting)
from load import Load

REQUEST = b"\x82\x87\x84\x01\x09adversary"  # GET https /, :authority
FIRST = frame(HEADERS, 5, 1, REQUEST)


class Http2:
    def __init__(self, place, settings=b"", asked=True, late=0):
        target, proxy = (place.target, place.proxy) if asked else (place.forward, None)
        self.c = Connection(target, proxy, None, client_context("h2"), late=late)
        self.c.send(preface(settings) + (FIRST if asked else b""))
        self.pings = 0

    def verdict(self, before_answer, at_end=lambda: None, wanted=4, behind=lambda payload: None):
        """Answers every PING, between before_answer() and behind(); then what the server says."""
        body = b""
        while True:
            kind, flags, _, payload = read_frame(self.c.exactly)
            if kind == PING and not flags & 1:
                self.pings += 1
                before_answer()
                self.c.send(frame(PING, 1, 0, payload))
                behind(payload)
                if self.pings == wanted:
                    at_end()
            elif kind == DATA:
                body += payload
                if flags & 1:
                    expect(self.pings == wanted, f"{self.pings} pings")
                    return Verdict(body)
            elif kind in (RST, GOAWAY):
                raise Broken(f"refused: {payload.hex()}")


def honest(place, pause):
    return Http2(place).verdict(lambda: None)


def storm(place, pause):
    """Before each answer: guesses at the next one, and PINGs that the server has to answer."""
    h = Http2(place)

    def before():
        for _ in range(8):
            h.c.send(frame(PING, 1, 0, secrets.token_bytes(8))
                     + frame(PING, 0, 0, secrets.token_bytes(8)))
            time.sleep(pause / 16)
    return h.verdict(before)


def windows(place, pause):
    """A window of nothing, opened byte by byte before each answer, and settings to acknowledge."""
    h = Http2(place, setting(4, 0))

    def before():
        time.sleep(pause / 4)
        h.c.send(frame(WINDOW, 0, 1, (1).to_bytes(4, "big")) + frame(SETTINGS, 0, 0, setting(4, 1)))
    return h.verdict(before, lambda: h.c.send(frame(SETTINGS, 0, 0, setting(4, 65535))))


def more_requests(place, pause):
    """Another request before each answer, so that there is something else to send."""
    h, stream = Http2(place), 1

    def before():
        nonlocal stream
        stream += 2
        h.c.send(frame(HEADERS, 5, stream, REQUEST))
        time.sleep(pause / 4)
    return h.verdict(before)


def upload(place, pause):
    """A request whose body trickles while PINGs are out, so that the proxy has always something to
    carry its ACKs, and the server to acknowledge."""
    h, sent = Http2(place), 0
    h.c.send(frame(HEADERS, END_HEADERS, 3, REQUEST.replace(b"\x82", b"\x83", 1)))

    def before():
        nonlocal sent
        for _ in range(10):
            h.c.send(frame(DATA, 0, 3, b"-" * 400))
            sent += 400
            time.sleep(pause / 20)
    verdict = h.verdict(before)
    expect(sent >= 16_000, "no upload")
    return verdict


def early_answers(place, pause):
    """Behind each answer more of them, to arrive just behind the next PING: the last payload again,
    and guesses."""
    h = Http2(place)

    def behind(payload):
        for _ in range(4):
            h.c.send(frame(PING, ACK, 0, payload) + frame(PING, ACK, 0, secrets.token_bytes(8)))
            time.sleep(pause / 8)
    return h.verdict(lambda: None, behind=behind)


def long_held_acks(place, pause):
    """TCP's samples of the PINGs are as long as their answers: see attacks.stretch(), here of PINGs
    of our own. The TLS handshake is answered so late that it is no witness."""
    h = Http2(place, asked=False, late=0.3)
    stretch(h.c, place, pause, lambda: frame(PING, 0, 0, bytes(8)), FIRST)
    return h.verdict(lambda: None)


def timed_bursts(place, pause):
    """Row 6b: a burst in time for the handshake, and one behind each answer, for the next PING."""
    load = Load(place)
    try:
        load.later(0.12 + pause / 2, 110_000)
        verdict = Http2(place).verdict(lambda: None, behind=load.paced(pause))
        expect(verdict.numbers["smoothed"] > 20_500, "the link was not full")
        return verdict
    finally:
        load.close()


def congested(place, pause):
    """Row 6b: the queue of the near leg is full for the life of the connection."""
    load, over = Load(place), threading.Event()
    try:
        load.burst(125_000)
        load.sustain(over)
        time.sleep(0.1)
        return Http2(place).verdict(lambda: time.sleep(pause / 8))
    finally:
        over.set()
        load.close()
