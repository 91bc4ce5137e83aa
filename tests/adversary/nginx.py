# SPDX-License-Identifier: BSL-1.0
#
# Clients that try to talk themselves clear of the module for nginx over plain HTTP. It redirects to
# the same URI with a signed token, three times without an answer, and serves what has a token that
# answers no probe.
import secrets
import time

from attacks import LAST, expect, verdict_of
from connection import pause_until, request


def never_follows(place, pause):
    with place.connect() as c:
        seen = []
        for _ in range(6):
            c.get("/")
            seen.append(c.response().status)
            time.sleep(pause / 4)
        expect(seen == [302, 302, 302, 200, 200, 200], f"answered {seen}")
        return verdict_of(c)


def second_in_flight(place, pause):
    """Behind each request another one, so that no redirect is the last thing sent."""
    with place.connect() as c:
        for _ in range(3):
            c.get("/")
            time.sleep(pause / 4)
            c.get(LAST)
            first, second = c.response(), c.response()
            expect(first.status == 302 and second.status == 200, "not answered")
            c.get(first.location)
            c.get(LAST)
            c.response(), c.response()
        return verdict_of(c)


def early(c, path, pause):
    """Asks for the path when the redirect may just have left, and has not come."""
    c.get("/")
    pause_until(time.monotonic() + pause)
    c.get(path)
    first, second = c.response(), c.response()
    expect(first.status == 302 and second.status in (200, 302), "not answered")
    return first


def guessed_token(place, pause):
    """A forged one is an argument of the application: the guess is redirected too."""
    with place.connect() as c:
        early(c, f"/?aroma_probe={secrets.token_hex(16)}", pause)
        return verdict_of(c)


def own_token_of_before(place, pause):
    with place.connect() as c:
        c.get("/")
        path = c.response().location
        for _ in range(2):
            path = early(c, path, pause).location
        return verdict_of(c)


def token_from_elsewhere(place, pause):
    """A direct connection has been given the token."""
    with place.connect() as c:
        for _ in range(3):
            with place.directly() as other:
                other.get("/")
                early(c, other.response().location, pause)
        return verdict_of(c)


def always_a_token(place, pause):
    """With a token that was good once, nobody is redirected again."""
    with place.directly() as other:
        other.get("/")
        path = other.response().location
    with place.connect() as c:
        for _ in range(10):
            c.get(path)
            last = c.response()
            expect(last.status == 200, "redirected")
            time.sleep(pause / 10)
        return last.verdict


def answered_elsewhere(place, pause):
    """The redirect is followed at once, by a direct connection."""
    with place.connect() as c:
        for _ in range(3):
            c.get("/")
            path = c.response().location
            with place.directly() as other:
                other.get(path)
                expect(other.response().status == 200, "not served")
        return verdict_of(c)


def answered_by_post(place, pause):
    """The body of the answer comes when the client likes."""
    with place.connect() as c:
        c.get("/")
        path = c.response().location
        c.send(request(path, "Content-Length: 1\r\n", "POST"))
        time.sleep(pause)
        c.send(b"x")
        return c.response().verdict


def others_than_get(place, pause):
    with place.connect() as c:
        for _ in range(10):
            time.sleep(pause / 10)
            c.send(request("/", "Content-Length: 0\r\n", "POST"))
            last = c.response()
            expect(last.status == 200, "redirected")
        return last.verdict
