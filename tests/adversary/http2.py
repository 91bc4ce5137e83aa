# SPDX-License-Identifier: BSL-1.0
#
# Clients of http2_ping that try to talk themselves clear. HTTP/2 frame by frame: RFC 9113.
import secrets
import threading
import time

from attacks import expect
from connection import Broken, Connection, Verdict, client_context

DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
REQUEST = b"\x82\x87\x84\x01\x09adversary"  # GET https /, :authority


def frame(kind, flags, stream, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
            + payload)


def setting(number, value):
    return number.to_bytes(2, "big") + value.to_bytes(4, "big")


class Http2:
    def __init__(self, place, settings=b""):
        self.c = Connection(place.target, place.proxy, None, client_context(alpn="h2"))
        self.c.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, settings)
                    + frame(HEADERS, 5, 1, REQUEST))
        self.pings = 0

    def verdict(self, before_answer, at_end=lambda: None, wanted=4):
        """Answers every PING, after before_answer(); then what the server says."""
        body = b""
        while True:
            head = self.c._exactly(9)
            payload = self.c._exactly(int.from_bytes(head[:3], "big"))
            kind, flags = head[3], head[4]
            if kind == PING and not flags & 1:
                self.pings += 1
                before_answer()
                self.c.send(frame(PING, 1, 0, payload))
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


class Load:
    """Uploads through the same proxy that fill its link to the server, one burst after another."""

    def __init__(self, place, streams=8):
        self.tcp = [Connection(place.sink, place.proxy).tcp for _ in range(streams)]
        self.lock = threading.Lock()
        for tcp in self.tcp:
            tcp.settimeout(5)

    def burst(self, size):
        with self.lock:
            for tcp in self.tcp:
                try:
                    tcp.send(b"\0" * (size // len(self.tcp)))
                except OSError:
                    return

    def later(self, delay, size):
        timer = threading.Timer(delay, self.burst, (size,))
        timer.daemon = True
        timer.start()

    def sustain(self, until, every=0.04):
        def run():
            while not until.wait(every):
                self.burst(int(10e6 / 8 * every))
        thread = threading.Thread(target=run, daemon=True)
        thread.start()

    def close(self):
        for tcp in self.tcp:
            tcp.close()


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
