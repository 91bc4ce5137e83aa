# SPDX-License-Identifier: BSL-1.0
#
# Clients of the gRPC example that try to talk themselves clear: its stream over HTTP/2 without TLS,
# frame by frame. The server's message is a token of 16 characters, to be echoed.
import secrets
import time

from attacks import expect
from connection import Broken, Verdict
from http2_frames import (ACK, DATA, END_HEADERS, GOAWAY, HEADERS, PING, RST, SETTINGS, WINDOW,
                          frame, preface, read_frame, setting)


def literal(name, value):
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


# POST, http, and what gRPC wants to see
REQUEST = (b"\x83\x86" + literal(b":path", b"/aroma.Example/Ask") + literal(b":authority", b"a")
           + literal(b"content-type", b"application/grpc") + literal(b"te", b"trailers"))


def message(text):
    return b"\0" + len(text).to_bytes(4, "big") + text


class Echo:
    def __init__(self, place, window=65_535):
        self.c = place.connect()
        self.c.send(preface(setting(4, window)) + frame(HEADERS, END_HEADERS, 1, REQUEST))
        self.text, self.echoes, self.acks = b"", 0, 0

    def say(self, text):
        self.c.send(frame(DATA, 0, 1, message(text)))

    def open(self, size):
        self.c.send(frame(WINDOW, 0, 1, size.to_bytes(4, "big")))

    def frame(self):
        """The next one with data of the stream, which is added to what there is."""
        while True:
            kind, flags, _, payload = read_frame(self.c.exactly)
            if kind == DATA:
                self.text += payload
                return
            if kind in (RST, GOAWAY):
                raise Broken(f"refused: {payload.hex()}")
            self.acks += kind == PING and flags & ACK
            if kind == SETTINGS and not flags & ACK:
                self.c.send(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                self.c.send(frame(PING, ACK, 0, payload))

    def message(self):
        while len(self.text) < 5 or len(self.text) < 5 + int.from_bytes(self.text[1:5], "big"):
            self.frame()
        size = 5 + int.from_bytes(self.text[1:5], "big")
        taken, self.text = self.text[5:size], self.text[size:]
        return taken

    def verdict(self, before_echo=lambda token: None):
        while True:
            text = self.message()
            if text.startswith(b"{"):
                return Verdict(text)
            before_echo(text)
            self.echoes += 1
            self.say(text)


def honest(place, pause):
    return Echo(place).verdict()


def storm(place, pause):
    """Before each echo settings and a PING, which gRPC answers by itself, so that something is sent
    behind the question. More PINGs it refuses."""
    e = Echo(place)

    def before(_):
        for _ in range(4):
            e.c.send(frame(SETTINGS, 0, 0, setting(4, 65_535)))
            time.sleep(pause / 8)
        e.c.send(frame(PING, 0, 0, secrets.token_bytes(8)))
        time.sleep(pause / 2)
    verdict = e.verdict(before)
    expect(e.acks > 0, "no PING was answered")
    return verdict


def one_ahead(place, pause):
    """A guess is sent at once, and behind each message another one, that is there when the next
    message leaves."""
    e, messages = Echo(place), 0
    while True:
        time.sleep(pause / 12)
        e.say(secrets.token_hex(8).encode())
        text = e.message()
        if text.startswith(b"{"):
            expect(messages > 3, f"{messages} messages")
            return Verdict(text)
        messages += 1


def in_pieces(place, pause):
    """Row 6d: the window has room for all of a message but its last character. What is missing is
    guessed, in time with its arrival: one in sixteen is right."""
    e, right, size = Echo(place, window=20), 0, 21
    while True:
        while len(e.text) < 20 and not e.text[5:6] == b"{":
            e.frame()
        if e.text[5:6] == b"{":
            e.open(4096)
            expect(right or e.echoes, "no message came in pieces")
            return Verdict(e.message())
        known = e.text[5:]
        e.open(size)  # for what is missing, and the next one but for its last
        time.sleep(pause)
        guess = known[:15] + b"0"
        e.say(guess)
        e.echoes += 1
        right += e.message() == guess
