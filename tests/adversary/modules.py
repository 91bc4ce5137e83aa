# SPDX-License-Identifier: BSL-1.0
#
# Clients that try to talk themselves clear of the modules for nginx and Apache over plain HTTP.
# These redirect to the same URI with a signed token, three times without an answer, and serve what
# has a token that answers no probe.
import secrets
import time

from attacks import expect, verdict_of
from connection import pause_until, request


def never_follows(place, pause):
    with place.connect() as c:
        seen = []
        for _ in range(6):
            c.get("/")
            seen.append(c.response().status)
            time.sleep(pause / 4)
        expect(seen == [302, 302, 302, 200, 200, 200], f"answered {seen}")
        return verdict_of(c, place.last)


def second_in_flight(place, pause):
    """Behind each request another one, so that no redirect is the last thing sent."""
    with place.connect() as c:
        for probes in range(4):
            c.get("/")
            time.sleep(pause / 4)
            c.get(place.last)
            first, second = c.response(), c.response()
            expect(second.status == 200, f"answered {first.status}, {second.status}")
            if first.status != 302:
                break
            c.get(first.location)
            c.get(place.last)
            c.response(), c.response()
        expect(probes > 0, "no redirect")
        return verdict_of(c, place.last)


def early(c, path, pause):
    """Asks for the path when the redirect may just have left, and has not come."""
    c.get("/")
    pause_until(time.monotonic() + pause)
    c.get(path)
    first, second = c.response(), c.response()
    expect(second.status in (200, 302), f"answered {first.status}, {second.status}")
    return first


def guessed_token(place, pause):
    """A forged one is an argument of the application: the guess is redirected too."""
    with place.connect() as c:
        early(c, f"/?aroma_probe={secrets.token_hex(16)}", pause)
        return verdict_of(c, place.last)


def own_token_of_before(place, pause):
    with place.connect() as c:
        c.get("/")
        path = c.response().location
        for _ in range(2):
            response = early(c, path, pause)
            if response.status != 302:
                break  # Apache asks three times
            path = response.location
        return verdict_of(c, place.last)


def token_from_elsewhere(place, pause):
    """A direct connection has been given the token."""
    with place.connect() as c:
        for _ in range(3):
            with place.directly() as other:
                other.get("/")
                early(c, other.response().location, pause)
        return verdict_of(c, place.last)


def always_a_token(place, pause):
    """With a token that was good once: nginx redirects nobody again, Apache three times."""
    with place.directly() as other:
        other.get("/")
        path = other.response().location
    with place.connect() as c:
        for _ in range(10):
            c.get(path)
            last = c.response()
            time.sleep(pause / 10)
        return last.verdict


def answered_elsewhere(place, pause):
    """The redirect is followed at once, by a direct connection."""
    with place.connect() as c:
        for probes in range(3):
            c.get("/")
            response = c.response()
            if response.status != 302:
                break
            with place.directly() as other:
                other.get(response.location)
                expect(other.response().status in (200, 302), "not served")
        expect(probes > 0, "no redirect")
        return verdict_of(c, place.last)


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
