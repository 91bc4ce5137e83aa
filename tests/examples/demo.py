# SPDX-License-Identifier: BSL-1.0
#
# The demo with clients that are good, odd, slow, garbled, or too many: what it answers, what it
# refuses, and how it ends.
#
#     demo.py DEMO [CONNECTIONS]      so many are open at once in the last part; 500 unless said
#                                     otherwise
import atexit
import collections
import concurrent.futures
import fcntl
import functools
import html
import http.client
import json
import os
import re
import resource
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import http2_frames
import websocket_frames
from connection import Broken, Connection, client_context
from http2_frames import CONTINUATION, DATA, GOAWAY, HEADERS, PING, RST, SETTINGS, WINDOW
from websocket_frames import UPGRADE

demo, many = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500
failed = 0


def check(truth, what):
    global failed
    if not truth:
        failed = 1
        print(f"FAILED: {what}")


context = client_context("http/1.1")


class Server:
    def __init__(self, *arguments, descriptors=None, log=None):  # a pipe's two ends
        limit = (
            (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)))
            if descriptors
            else None
        )
        self.process = subprocess.Popen(
            [demo, "--port", "0", *arguments],
            stderr=log[1] if log else subprocess.PIPE,
            text=True,
            preexec_fn=limit,
        )
        atexit.register(self.process.kill)
        self.said = os.read(log[0], 4096).decode() if log else self.process.stderr.readline()
        self.port = int(re.search(r"listening on port (\d+)", self.said)[1])

    def plain(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def tls(self, receive=None):
        plain = socket.socket()
        if receive:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        plain.settimeout(30)
        plain.connect(("127.0.0.1", self.port))
        return context.wrap_socket(plain, server_hostname="localhost")

    def http(self):
        return http.client.HTTPSConnection("localhost", self.port, context=context, timeout=30)

    def get(self, path, method="GET", connection=None, **headers):
        connection = connection or self.http()
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()

    def metric(self, name):
        return int(
            re.search(rf"^aroma_demo_{re.escape(name)} (\d+)$", self.get("/metrics")[1], re.M)[1]
        )

    def memory(self):  # MB
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() / 1e6

    def end(self, within=10):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "late"


def until(truth, seconds=10):
    end = time.monotonic() + seconds
    while not truth() and time.monotonic() < end:
        time.sleep(0.02)
    return truth()


def rest(connection):  # all that comes until the end, and whether TLS said that it is the end
    got = b""
    try:
        while some := connection.recv(65536):
            got += some
        return got, True
    except (ssl.SSLError, ConnectionError, TimeoutError):
        return got, False


def websocket(server, token):
    connection = server.tls()
    connection.sendall(f"GET /live?t={token} HTTP/1.1\r\nHost: x\r\n{UPGRADE}\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        some = connection.recv(1)
        if not some:
            break
        head += some
    return connection, head.decode()


def frame(connection):
    return websocket_frames.read_frame(functools.partial(websocket_frames.exactly, connection))


def send_frame(connection, kind, payload):
    connection.sendall(websocket_frames.frame(kind, payload))


def tokens_of(page):
    return re.search(r'data-hop="([^"]*)" data-websocket="([^"]*)"', page).groups()


def follow(server, path, connection):  # redirect by redirect, on one connection
    for _ in range(10):
        answer, text = server.get(path, connection=connection)
        if answer.status != 302:
            break
        path = location(answer)
    return answer, text


def location(answer):
    return answer.getheader("Location")


server = Server()


# A busy machine may send a segment again, which voids a probe.
def attempts(times=3):
    for _ in range(times):
        yield


# Every page, its type and its policy.
for _ in attempts():
    connection = server.http()
    first, _ = server.get("/", connection=connection)
    check(
        first.status == 302
        and re.fullmatch(r"/\?t=[\w-]{44}", location(first) or "")
        and first.getheader("Cache-Control") == "no-store",
        f"/ is {first.status} {location(first)}",
    )
    second, page = follow(server, location(first), connection)
    measured = int(re.search(r"Answers that counted</th><td>(\d+)<", page)[1])
    if "Allowed" in page:
        break
check(
    second.status == 200
    and '<p class="badge">Allowed</p>' in page
    and "<h1>This is the server's own machine</h1>" in page
    and 'class="bars"' not in page,
    f"the verdict: {page}",
)
check(2 <= measured <= 9, f"{measured} answers were counted")
check("{{" not in page, "a place in the page was not filled")
policy = second.getheader("Content-Security-Policy")
check("default-src 'none'" in policy and "unsafe" not in policy, f"policy {policy}")
check(
    second.getheader("Set-Cookie") is None and second.getheader("Cache-Control") == "no-store",
    "a cookie, or a page that is kept",
)
check(
    not re.search(r"<script(?! src)| style=| on\w+=", page),
    "something inline is in the page, which the policy forbids",
)
for path, kind, holds in [
    ("/score", "application/json", "band"),
    ("/req.json", "application/json", "min_rtt_us"),
    ("/healthz", "text/plain", "ok"),
    (
        "/metrics",
        "text/plain; version=0.0.4; charset=utf-8",
        "# TYPE aroma_demo_connections_open gauge",
    ),
    ("/style.css", "text/css", "main"),
    ("/info.js", "text/javascript", "use strict"),
    ("/fresh.js", "text/javascript", "replaceState"),
    ("/robots.txt", "text/plain", "Disallow"),
]:
    answer, text = server.get(path)
    check(
        answer.status == 200 and answer.getheader("Content-Type") == kind and holds in text,
        f"{path} is {answer.status} {answer.getheader('Content-Type')}",
    )
    head, nothing = server.get(path, "HEAD")
    check(
        head.status == 200 and nothing == "" and int(head.getheader("Content-Length")) > 0,
        f"HEAD {path}",
    )
for _ in attempts():
    score = json.loads(server.get("/score")[1])
    if score["counted"] == 1:
        break
check(
    score["band"] in ("normal", "unstable", "suspicious")
    and 0 < score["score"] <= 1
    and score["basis"] == "reference_over_excess"
    and score["status"] == "ok"
    and score["counted"] == 1
    and score["voided"] == 0
    and score["cleared"] is False
    and score["response"] == "challenge",
    f"/score {score}",
)  # one answer alone lets nobody in
for _ in attempts():
    numbers = json.loads(server.get("/req.json")[1])
    if "tls" in numbers["application"]:
        break
check(
    numbers["protocol"] == "HTTP/1.1"
    and numbers["min_rtt_us"] > 0
    and numbers["rtt_us"] > 0
    and numbers["advmss"] > 500
    and numbers["rcv_mss"] > 0
    and numbers["application"]["tls"]["count"] == 1
    and numbers["application"]["tls"]["lowest_us"] > 0,
    f"/req.json {numbers}",
)
check(
    server.get("/nowhere")[0].status == 404 and server.get("/allowed")[0].status == 403,
    "/nowhere, /allowed",
)
for method, path, allowed in [
    ("POST", "/", "GET, HEAD"),
    ("DELETE", "/score", "GET, HEAD"),
    ("GET", "/go-on", "POST"),
    *((method, "/healthz", "GET, HEAD") for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "BREW")),
]:
    answer, _ = server.get(path, method)
    check(
        answer.status == 405 and answer.getheader("Allow") == allowed,
        f"{method} {path} is {answer.status} {answer.getheader('Allow')}",
    )
server.get("/no-such<script>alert(1)</script>")
check("alert" not in server.get("/metrics")[1], "what a client sent stands in /metrics")


# Only this machine gets in, by both addresses of localhost; another address is asked for.
def reached(host):
    try:
        with socket.create_connection((host, server.port), timeout=5):
            return True
    except OSError:
        return False


here = [address for address in ("127.0.0.1", "::1") if f"{address}" in server.said]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:  # which sends nothing
    try:
        way.connect(("192.0.2.1", 9))
        own = way.getsockname()[0]
    except OSError:
        own = "127.0.0.2"
check(
    "127.0.0.1" in here
    and all(map(reached, here))
    and not reached(own)
    and not reached("127.0.0.2"),
    f"it says {server.said!r}, and {own} is {'open' if reached(own) else 'closed'}",
)
check(
    len(here) == 2
    or not os.path.exists("/proc/net/if_inet6")
    or "00000000000000000000000000000001" not in open("/proc/net/if_inet6").read(),
    "::1 is not listened on",
)
everywhere = Server("--address", "::")
server_port, server.port = server.port, everywhere.port
check(reached("127.0.0.1") and reached(own), "--address :: is not everywhere")
server.port = server_port
check(everywhere.end() == 0, "it does not end")

# Tokens: good once, for their page alone, and this server's alone.
again, text = server.get(location(first))
check(again.status == 403 and "has been used" in text, f"a replayed token is {again.status}")
token = location(server.get("/")[0])[4:]
for i in (0, 10, 22, 23, 43):
    wrong = token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :]
    answer, text = server.get(f"/?t={wrong}")
    check(
        answer.status == 403 and "has not made" in text, f"a token forged at {i} is {answer.status}"
    )
for wrong, why in [
    ("", "missing"),
    (token[:-1], "incomplete"),
    (token + "A", "incomplete"),
    (token[:-1] + "=", "incomplete"),
    ("%00" * 44, "incomplete"),
]:
    answer, text = server.get(f"/?t={wrong}")
    check(answer.status == 403 and why in text, f"the token {wrong!r} is {answer.status}")
for path in ("/info", "/hop", "/landing", "/allowed", "/live"):
    answer, text = server.get(f"{path}?t={token}")
    check(
        answer.status == 403 and ("another page" in text),
        f"{path} with another page's token is {answer.status}: {text}",
    )
check(server.get("/go-on?t=" + token, "POST")[0].status == 403, "/go-on takes any token")
# It leads further, since a new connection has shown too little.
check(server.get(f"/?t={token}")[0].status == 302, "attempts with a token have spoiled it")
for path in ("/hop", "/landing", "/live"):
    answer, text = server.get(path)
    check(
        answer.status == 403 and json.loads(text)["error"] == "malformed",
        f"{path} without a token is {answer.status}",
    )
other = Server()
check(server.get(location(other.get("/")[0]))[0].status == 403, "another server's token is taken")
check(other.end() == 0, "SIGTERM without clients")
refused = {
    reason: server.metric(f'tokens_refused_total{{reason="{reason}"}}')
    for reason in ("malformed", "forged", "other_purpose", "used", "expired")
}
check(
    refused == {"malformed": 5, "forged": 6, "other_purpose": 6, "used": 1, "expired": 0},
    f"refused: {refused}",
)

# The chain of redirects and requests, each an answer that is counted.
for _ in attempts():
    connection = server.http()
    _, page = follow(server, "/info", connection)
    before = json.loads(html.unescape(re.search(r'data-seen="([^"]*)"', page)[1]))
    hop, live = tokens_of(page)
    for i in range(5):
        answer, _ = server.get(f"/hop?t={hop}", connection=connection)
        answer, text = server.get(location(answer), connection=connection)
        said = json.loads(text)
        check(answer.status == 200, f"/landing is {answer.status}")
        hop = said["next"]
    said = said["seen"]
    check(
        said["counted"] + said["voided"] - before["counted"] - before["voided"] == 9,
        f"the chain: {before}, {said}",
    )
    if said["counted"] - before["counted"] == 9:
        break
redirects = before["exchanges"].get("redirect", {}).get("count", 0)
redirects, fetches = (
    said["exchanges"].get("redirect", {}).get("count", 0) - redirects,
    said["exchanges"].get("fetch", {}).get("count", 0),
)
check(
    1 <= redirects <= 5
    and 1 <= fetches <= 4
    and redirects + fetches == said["counted"] - before["counted"] >= 5
    and said["cleared"] is False,
    f"the chain: {before}, {said}",
)

# Requests that were sent at once are no answers.
connection = server.tls()
connection.sendall(
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /score HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
)
got, ended = rest(connection)
check(
    got.count(b"HTTP/1.1 ") == 2 and re.search(rb'"counted":[01],"voided":[12],', got) and ended,
    f"pipelined: {got}",
)


# A client that would not be measured: it is asked, bounded, and told that nothing is finished,
# never that it is direct.
def http_answers(connection):  # one after another: status, location, body
    held = b""
    while True:
        while b"\r\n\r\n" not in held:
            some = connection.recv(65536)
            if not some:
                return
            held += some
        head, held = held.split(b"\r\n\r\n", 1)
        size = int(re.search(rb"Content-Length: (\d+)", head)[1])
        while len(held) < size:
            held += connection.recv(65536)
        to = re.search(rb"Location: (\S+)", head)
        yield int(head[9:12]), to and to[1].decode(), held[:size].decode()
        held = held[size:]


def is_asked(page, redirects, who):
    check(
        '<p class="badge">One question first</p>' in page and "/go-on?t=" in page,
        f"{who} is not asked: {page}",
    )
    check(
        re.search("<h1>(The measurement is not finished|This could not be measured)</h1>", page),
        f"{who} is told: {page}",
    )
    check(
        "No proxy in sight" not in page
        and "Probably direct" not in page
        and "own machine</h1>" not in page
        and 'class="bars"' not in page,
        f"{who} is told that it is direct: {page}",
    )
    check(redirects == 8, f"{who} is redirected {redirects} times")


def one_get(path):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


path, redirects = "/", 0
while True:  # a new connection for each request
    answer, page = server.get(path, Connection="close")
    if answer.status != 302:
        break
    path, redirects = location(answer), redirects + 1
is_asked(page, redirects, "a client that closes")

with server.tls() as connection:  # a second request is always in flight
    answers, path, redirects = http_answers(connection), "/", 0
    while True:
        connection.sendall(one_get(path) + one_get("/healthz"))
        (status, to, page), _ = next(answers), next(answers)
        if status != 302:
            break
        path, redirects = to, redirects + 1
    is_asked(page, redirects, "a client that sends ahead")

# Its answer is under way before the question: a good token, but of another connection.
with server.tls() as connection:
    answers, redirects, page = http_answers(connection), 0, ""
    for _ in range(12):
        early = location(server.get("/")[0])
        connection.sendall(one_get("/") + one_get(early))
        for status, _, page in (next(answers), next(answers)):
            redirects += status == 302
        if status != 302:
            break
    is_asked(page, redirects, "a client that answers early")
    connection.sendall(one_get("/score"))
    score = json.loads(next(answers)[2])
    check(
        score["counted"] <= 1
        and score["voided"] >= 4
        and not score["cleared"]
        and score["response"] == "challenge",
        f"a client that answers early: {score}",
    )

# Behind its button the page is there.
button = re.search(r'action="(/go-on\?t=[^"]*)"', page)[1]
connection = server.http()
answer, _ = server.get(button, "POST", connection)
answer, page = server.get(location(answer), connection=connection)
check(answer.status == 200 and '<p class="badge">Allowed' in page, f"behind the button: {page}")

# The WebSocket: pings, marks, and their end.
connection, head = websocket(server, live)
check("101 " in head, f"no WebSocket: {head}")
pings = marks = echoes = 0
while True:
    kind, payload = frame(connection)
    if kind == 9:
        pings += 1
        send_frame(connection, 10, payload)
    elif kind == 1 and payload.startswith(b"{"):
        said = json.loads(payload)
        marks += 1
        send_frame(connection, 1, str(marks).encode())
    elif kind == 1:
        echoes += payload == str(marks).encode()
    else:
        break
check(
    kind == 8 and struct.unpack(">H", payload[:2])[0] == 1000,
    f"the WebSocket ends with {kind} {payload}",
)
said = said["seen"]
check(
    pings == 20
    and echoes == 21
    and said["exchanges"]["ping"]["count"] + said["voided"] in (20, 21),
    f"{pings} pings, {echoes} echoes, {said}",
)
check(said["counted"] >= 3 and said["cleared"], f"20 pings do not clear a client: {said}")
connection.close()
check("403" in websocket(server, live)[1], "a WebSocket's token is taken twice")


def fresh():
    return tokens_of(follow(server, "/info", server.http())[1])


# A pong that nobody asked for, and one that was guessed, count for nothing; a flood of messages
# ends it.
connection, _ = websocket(server, fresh()[1])
frame(connection)
send_frame(connection, 10, b"\0" * 8)
send_frame(connection, 1, b"1")
for _ in range(100):
    send_frame(connection, 10, b"guessed!")
kinds = [frame(connection)[0] for _ in range(2)]
check(kinds == [1, 9], f"guessed pongs: {kinds}")
for _ in range(200):
    try:
        send_frame(connection, 1, b"flood")
    except OSError:
        break
try:
    while (got := frame(connection))[0] != 8:
        pass
    check(struct.unpack(">H", got[1][:2])[0] == 1008, f"a flood ends with {got}")
except (EOFError, OSError):
    pass  # it went away while we were still talking
connection, _ = websocket(server, fresh()[1])
try:
    mask = os.urandom(4)
    connection.sendall(bytes([129, 254]) + struct.pack(">H", 5000) + mask + bytes(5000))
    while (got := frame(connection))[0] != 8:
        pass
    check(struct.unpack(">H", got[1][:2])[0] == 1009, f"a large message ends with {got}")
except (EOFError, OSError):
    pass
check(until(lambda: server.metric("websockets_open") == 0), "a WebSocket has stayed")

# No TLS, no HTTP, too much of it, and clients that are gone.
with server.plain() as plain:
    plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    check(b"speaks HTTPS" in plain.recv(1000), "http:// is told nothing")
with server.plain() as plain:
    plain.sendall(os.urandom(2000))
    check(until(lambda: rest(plain)[1] or True), "garbage stays")
for request, status in [
    (b"garbage\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"413"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"413"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100, b"413"),
]:
    connection = server.tls()
    connection.sendall(request)
    got, _ = rest(connection)
    check(got.startswith(b"HTTP/1.1 " + status), f"{request[:30]}... is answered {got[:40]}")
# Without its body, which a client may keep until it is asked on; a tunnel's client ends where there
# is none.
for request, status in [
    (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
        b"413",
    ),
    (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"413"),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", b"413"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 200-ok\r\n\r\n", b"417"),
    (b"CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n" + one_get("/healthz"), b"405"),
]:
    connection, began = server.tls(), time.monotonic()
    connection.sendall(request)
    got, took = rest(connection)[0], time.monotonic() - began
    check(
        re.findall(rb"HTTP/1\.1 (\d\d\d) ", got) == [status]
        and b"\r\nConnection: close\r\n" in got
        and took < 5,
        f"{request} is answered after {took:.1f} s: {got}",
    )
for _ in range(50):
    server.plain().close()
    server.tls().close()


def alpn(*protocols):
    return client_context(*protocols).wrap_socket(server.plain(), server_hostname="localhost")


try:
    alpn("spdy/3")
    check(False, "a client that knows no version of HTTP is let in")
except ssl.SSLError as error:
    check(
        "NO_APPLICATION_PROTOCOL" in str(error).upper().replace(" ", "_"),
        f"a client that knows no version of HTTP is told: {error}",
    )
check(alpn("http/1.1").selected_alpn_protocol() == "http/1.1", "ALPN")

# HTTP/2, frame by frame, where it was built in.
http2 = alpn("http/1.1", "h2").selected_alpn_protocol() == "h2"


def get(
    stream, path, method=b"\x82", flags=5
):  # HPACK without Huffman and table: :method GET, :scheme https, :path, :authority x
    return http2_frames.frame(
        HEADERS, flags, stream, method + b"\x87\x04" + bytes([len(path)]) + path + b"\x01\x01x"
    )


def start_http2(settings=b""):
    connection = alpn("h2")
    connection.sendall(http2_frames.preface(settings))
    return connection


def frames(
    connection, wanted=lambda kind, flags, stream: False
):  # until the one that is wanted, or the end
    got = []
    try:
        while True:
            kind, flags, stream, payload = http2_frames.read_frame(
                functools.partial(websocket_frames.exactly, connection)
            )
            if kind == SETTINGS and not flags & 1:
                connection.sendall(http2_frames.frame(SETTINGS, 1))
            got.append((kind, flags, stream, payload))
            if wanted(kind, flags, stream):
                return got
    except (OSError, EOFError):
        return got


def ends(stream):
    return lambda kind, flags, at: at == stream and (
        kind == RST or flags & 1 and kind in (DATA, HEADERS)
    )


def data(got, stream):
    return b"".join(payload for kind, _, at, payload in got if kind == DATA and at == stream)


def goodbyes(connection, sent):  # the codes of GOAWAY that this is answered by, at once
    began = time.monotonic()
    try:
        connection.sendall(sent)
    except OSError:
        pass
    got = frames(connection)
    check(time.monotonic() - began < 10, f"a flood of {sent[:20]} goes on")
    return [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in got if kind == GOAWAY]


if http2:
    connection = start_http2()
    connection.sendall(get(1, b"/req.json"))
    numbers = json.loads(data(frames(connection, ends(1)), 1))
    check(
        numbers["protocol"] == "HTTP/2" and "application" in numbers,
        f"/req.json by HTTP/2: {numbers}",
    )
    connection.close()

    def asked(connection, stream, path):  # and what is said
        connection.sendall(get(stream, path))
        return data(frames(connection, ends(stream)), stream)

    def counted(connection, stream, kind):  # so many exchanges
        numbers = json.loads(asked(connection, stream, b"/req.json"))
        return numbers["application"].get(kind, {}).get("count", 0)

    def ping_of(connection):  # its payload
        return frames(connection, lambda kind, flags, _: kind == PING and not flags & 1)[-1][3]

    def quiet(connection, seconds):  # nothing comes
        connection.settimeout(seconds)
        try:
            return connection.recv(1) == b"nothing"
        except TimeoutError:
            return True
        finally:
            connection.settimeout(30)

    # Its PINGs come when nobody waits; each answer counts, and one that was guessed does not.
    # Three of them clear a client.
    for _ in attempts():
        connection = start_http2()
        asked(connection, 1, b"/healthz")
        pings = set()
        for _ in range(3):
            pings.add(ping := ping_of(connection))
            connection.sendall(
                http2_frames.frame(PING, 1, payload=b"guessed!")
                + http2_frames.frame(PING, 1, payload=ping)
            )
        count = counted(connection, 3, "ping")
        score = json.loads(asked(connection, 5, b"/score"))
        check(len(pings) == 3 and count <= 3, f"PING: {pings}, {count} counted")
        connection.close()
        if score["voided"] == 0:
            break
    check(count == 3 and score["cleared"], f"PING: {count}, {score}")
    # Requests wait for the answer to a PING, which counts for that reason.
    for _ in attempts():
        connection = start_http2()
        asked(connection, 1, b"/healthz")
        ping = ping_of(connection)
        connection.sendall(get(3, b"/healthz"))
        if not quiet(connection, 0.5):
            count = "one that an answer went out behind"
            continue
        connection.sendall(http2_frames.frame(PING, 1, payload=ping))
        check(data(frames(connection, ends(3)), 3) == b"ok\n", "one that waited is not answered")
        count = counted(connection, 5, "ping")
        connection.close()
        if count == 1:
            break
    check(count == 1, f"a PING that requests waited for counts as {count}")
    # They do not wait for ever, and behind their answers a PING's counts for nothing.
    for _ in attempts():
        connection = start_http2()
        asked(connection, 1, b"/healthz")
        ping, began = ping_of(connection), time.monotonic()
        said, took = asked(connection, 3, b"/healthz"), time.monotonic() - began
        if took > 2:
            break
    check(said == b"ok\n" and 2 < took < 6, f"a request waited {took:.1f} s for a PING")
    connection.sendall(http2_frames.frame(PING, 1, payload=ping))
    check(counted(connection, 5, "ping") == 0, "PING, disturbed")
    connection.close()
    # A redirect is a probe: other requests wait until it is followed.
    for _ in attempts():
        connection = start_http2()
        path = re.search(rb"/info\?t=[\w-]{44}", asked(connection, 1, b"/info"))[0]
        connection.sendall(get(3, b"/healthz"))
        if not quiet(connection, 0.5):
            count = "one that an answer went out behind"
            continue
        connection.sendall(get(5, path))
        page = data(frames(connection, ends(5)), 5)
        count = counted(connection, 7, "redirect")
        connection.close()
        if count == 1:
            break
    check(count == 1, f"a redirect that was followed counts as {count}: {page}")
    connection, path, redirects, stream = start_http2(), b"/", 0, 1
    while True:  # a second request is always in flight
        connection.sendall(get(stream, path) + get(stream + 2, b"/healthz"))
        got = frames(connection, ends(stream))
        if not any(at == stream + 2 and kind == DATA for kind, _, at, _ in got):
            frames(connection, ends(stream + 2))
        page = data(got, stream).decode()
        if not (to := re.fullmatch(r"(/\?t=[\w-]{44})\n", page)):
            break
        path, redirects, stream = to[1].encode(), redirects + 1, stream + 4
    is_asked(page, redirects, "a client that sends beside by HTTP/2")
    connection.close()
    # Many at once are all answered, and no more than the limit.
    connection = start_http2()
    connection.sendall(b"".join(get(1 + 2 * i, b"/healthz") for i in range(16)))
    got = []
    while sum(flags & 1 for kind, flags, _, _ in got if kind == DATA) < 16 and (
        some := frames(connection, lambda kind, *_: kind == DATA)
    ):
        got += some
    check(
        sum(payload == b"ok\n" for kind, _, _, payload in got if kind == DATA) == 16,
        f"16 streams: {got}",
    )
    # A body, too large a header, other methods.
    connection.sendall(get(101, b"/score", flags=4) + http2_frames.frame(DATA, 1, 101, b"x" * 100))
    check(b"at most 8 KiB" in data(frames(connection, ends(101)), 101), "a body is taken")
    connection.sendall(
        http2_frames.frame(
            HEADERS, 5, 103, b"\x82\x87\x84\x01\x01x" + b"\x00\x01y\x7f\xa9\x45" + b"z" * 9000
        )
    )
    check(b"at most 8 KiB" in data(frames(connection, ends(103)), 103), "a large header is taken")
    connection.sendall(get(105, b"/score", method=b"\x83"))
    check(b"Only GET" in data(frames(connection, ends(105)), 105), "POST /score is taken")
    connection.close()
    for fields, says in [
        (b"\x83\x87\x84\x01\x01x" + b"\x00\x06expect\x0c100-continue", b"at most 8 KiB"),
        (b"\x02\x07CONNECT\x01\x05x:443", b"Only GET"),
    ]:
        connection, began = (
            start_http2(),
            time.monotonic(),
        )  # whose stream does not end before its answer
        connection.sendall(http2_frames.frame(HEADERS, 4, 1, fields))
        got = data(frames(connection, ends(1)), 1)
        check(
            says in got and time.monotonic() - began < 5,
            f"{fields} is answered {got} after {time.monotonic() - began:.1f} s",
        )
        connection.close()
    # Floods end, with ENHANCE_YOUR_CALM (11) where there was something to say, and garbage does.
    resets = b"".join(
        get(i, b"/score") + http2_frames.frame(RST, 0, i, b"\0\0\0\x08") for i in range(1, 1000, 2)
    )
    for flood in (
        resets,
        http2_frames.frame(WINDOW, 0, 0, b"\0\0\0\1") * 1000,
    ):  # the kernel's RST may overtake the reason
        check(
            goodbyes(start_http2(), flood) in ([11], []),
            f"a flood of {flood[:20]} is told otherwise",
        )
    goodbyes(
        start_http2(),
        get(1, b"/score", flags=1)
        + http2_frames.frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b") * 1000,
    )
    goodbyes(start_http2(), http2_frames.frame(PING, payload=b"pingpong") * 5000)
    goodbyes(start_http2(), http2_frames.frame(SETTINGS) * 5000)
    goodbyes(start_http2(), http2_frames.frame(HEADERS, 5, 1, os.urandom(500)))
    goodbyes(start_http2(), os.urandom(5000))
    with alpn("h2") as garbage:
        garbage.sendall(os.urandom(5000))
        frames(garbage)
    check(server.metric("floods_total") >= 2, f"{server.metric('floods_total')} floods")
    for connection in (
        start_http2(b"\0\4\0\0\0\0"),
    ):  # it lets nothing in: the answer waits, and the server does not
        connection.sendall(get(1, b"/info.js"))
        check(server.get("/healthz")[1] == "ok\n", "a client without a window holds others up")
        connection.close()
else:
    print("without HTTP/2")

check(
    until(lambda: server.metric("connections_open") <= 3, 5),
    f"{server.metric('connections_open')} connections have stayed",
)

# SIGTERM: a request that is half there is answered whole, an answer that is half taken arrives
# whole, a WebSocket is closed with a code.
half = server.tls()
half.sendall(b"GET /style.css HTTP/1.1\r\nHo")
slow = server.tls(receive=2048)
slow.sendall(b"GET /info.js HTTP/1.1\r\nHost: x\r\n\r\n")
idle = server.tls()
idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
idle.recv(1000)
open_socket, _ = websocket(server, fresh()[1])
frame(open_socket)
until(lambda: server.metric('requests_total{path="/info.js"}') >= 3)
if http2:
    open_http2 = start_http2(
        b"\0\4\0\0\0\x64"
    )  # 100 bytes at first: its stream is open when the end comes
    open_http2.sendall(get(1, b"/style.css"))
    got = frames(open_http2, lambda kind, *_: kind == DATA)
began = time.monotonic()
server.process.send_signal(signal.SIGTERM)
if http2:
    got += frames(open_http2, lambda kind, *_: kind == GOAWAY)
    open_http2.sendall(get(3, b"/healthz") + http2_frames.frame(WINDOW, 0, 1, b"\0\0\xff\0"))
time.sleep(0.3)
try:
    server.plain().close()
    check(False, "a server that ends accepts")
except OSError:
    pass
half.sendall(b"st: x\r\n\r\n")
css, ended = rest(half)
check(
    css.endswith(b"}\n") and b"Connection: close" in css and ended,
    f"a request under way is answered {css[:60]}... {ended}",
)
js, ended = rest(slow)
head, _, body = js.partition(b"\r\n\r\n")
check(
    len(body) == int(re.search(rb"Content-Length: (\d+)", head)[1]) and ended,
    f"an answer under way has {len(body)} bytes, {ended}",
)
check(rest(idle)[1], "an idle connection is not told")
kind, payload = frame(open_socket)
check(
    kind == 8 and struct.unpack(">H", payload[:2])[0] == 1001,
    f"a WebSocket is told {kind} {payload}",
)
send_frame(open_socket, 8, payload)
# it learns that there will be no more, a request on its way is answered, and the stream goes on to
# its end
if http2:
    got += frames(open_http2)
    said = [int.from_bytes(payload[:4], "big") for kind, _, _, payload in got if kind == GOAWAY]
    check(
        data(got, 1).endswith(b"}\n")
        and data(got, 3) == b"stopping\n"
        and said == [2**31 - 1, 3],
        f"HTTP/2 at SIGTERM: {said}, {[f[:3] for f in got]}",
    )
    open_http2.close()
for each in (half, slow, idle, open_socket):
    each.close()
check(
    server.process.wait(10) == 0 and time.monotonic() - began < 7,
    f"it ends with {server.process.returncode} after {time.monotonic() - began:.1f} s",
)

# A client that takes nothing holds the end up for some seconds, and no longer.
server = Server()
stuck = server.tls(receive=1024)
stuck.sendall(b"GET /info.js HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
time.sleep(0.3)
half_open = server.plain()
check(server.end(9) == 0, "a client that takes nothing keeps it from ending")

# Many half-open handshakes: the oldest ends, and a newcomer is served. All places taken: the one
# that rests longest gives way.
server = Server(descriptors=96 + 64)
check("for 96 connections" in server.said, f"it says: {server.said}")
silent = [server.plain() for _ in range(90)]
check(server.get("/healthz")[1] == "ok\n", "half-open handshakes shut others out")
check(
    until(lambda: server.metric("connections_dropped_total") >= 60),
    "none of the half-open is dropped",
)
check(server.metric("connections_open") <= 26, f"{server.metric('connections_open')} are open")
for each in silent:
    each.close()
until(lambda: server.metric("connections_open") <= 2)
idle = [server.tls() for _ in range(95)]
extra, began = [server.plain() for _ in range(4)], time.monotonic()
got = [server.get("/healthz")[1], server.get("/healthz")[1]]
took = time.monotonic() - began
check(got == ["ok\n", "ok\n"] and took < 8, f"behind a full house: {got} after {took:.1f} s")
idle[94].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
check(
    idle[94].recv(1000).endswith(b"ok\n") and rest(idle[0])[0] == b"",
    "others than the longest at rest have given way",
)
for each in idle + extra:
    each.close()
check(server.end() == 0, "a server that was full does not end")


# A flood of connections does not end those that are slow in their handshake: no silent ones, and
# not all if each sends a byte.
class Flood(threading.Thread):
    def __init__(self, rate, seconds, sends=b""):
        super().__init__()
        self.rate, self.seconds, self.sends, self.opened = rate, seconds, sends, 0
        self.start()

    def run(self):
        kept, began = collections.deque(maxlen=100), time.monotonic()
        while (now := time.monotonic() - began) < self.seconds:
            while self.opened < self.rate * now:
                kept.append(one := socket.socket())
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", server.port))
                if self.sends:
                    select.select([], [one], [], 1)
                    one.send(self.sends)
                self.opened += 1
            time.sleep(0.005)


def served_slowly(
    _=None,
):  # its ClientHello at once, and half a second later the rest of its handshake
    try:
        with Connection(("127.0.0.1", server.port), context=context, late=0.5) as one:
            one.get("/healthz")
            return one.response().body == b"ok\n"
    except Broken:
        return False


server = Server(descriptors=96 + 64)  # 24 in a handshake
flood = Flood(2000, 1.6)
time.sleep(0.2)
served = [served_slowly() for _ in range(2)]
flood.join()
check(all(served), f"of slow clients beside {flood.opened} silent ones are served: {served}")
flood = Flood(60, 5, b"\x16")
with concurrent.futures.ThreadPoolExecutor(6) as pool:
    served = [one for _ in range(8) for one in pool.map(served_slowly, range(6))]
flood.join()
check(
    any(served),
    f"none of {len(served)} slow clients is served beside {flood.opened} that send a byte",
)
print(
    f"{sum(served)} of {len(served)} slow clients are served beside {flood.opened} that send a byte"
)
check(server.metric("connections_dropped_total") > 1000, "a flood fits")
check(server.end() == 0, "it does not end behind a flood")

# Its log is a pipe that nobody empties: it goes on, and its lines are lost until there is room.
with tempfile.TemporaryDirectory() as folder:
    thresholds = os.path.join(folder, "thresholds")

    def write(text):
        with open(thresholds + ".new", "w") as file:
            file.write(text)
        os.rename(thresholds + ".new", thresholds)

    def said_within(seconds):
        return select.select([reader], [], [], seconds)[0] and os.read(reader, 4096).decode()

    write(good := "aroma-thresholds 1\n* 0.5 0.3 0.1\nend\n")
    reader, writer = os.pipe()
    room = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    server = Server("--thresholds", thresholds, log=(reader, writer))
    write("nothing\n")
    check(
        "thresholds:1: " in (said := said_within(5) or ""), f"of broken thresholds it says {said!r}"
    )
    os.write(writer, b"x" * room)
    for i in range(4):  # each is news
        write("\n" * i + "nothing\n")
        time.sleep(0.6)
    try:
        answer = server.get("/healthz")[1]
    except OSError as error:
        answer = error
    check(answer == "ok\n", f"while its log is full it answers {answer!r}")
    said_within(0)
    write(good)
    check(
        "in force" in (said := said_within(5) or ""),
        f"its log has room again, and it says {said!r}",
    )
    check(server.end() == 0, "it does not end behind a full log")

# Many at once.
server = Server()
server.get("/healthz")
before = server.memory()
began = time.monotonic()
crowd = [server.tls() for _ in range(many)]
took = time.monotonic() - began
each = (server.memory() - before) / many * 1000
began = time.monotonic()
answer = server.get("/score")
waited = (time.monotonic() - began) * 1000
check(
    answer[0].status == 200 and server.metric("connections_open") >= many,
    "a crowd shuts others out",
)
check(each < 200, f"{each:.0f} kB a connection")
for one in crowd[:: max(1, many // 100)]:
    one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    check(one.recv(1000).endswith(b"ok\n"), "one of a crowd is not answered")
print(
    f"{many} connections are open after {took:.1f} s: {each:.0f} kB each; another client has its score after {waited:.0f} ms"
)
began = time.monotonic()
server.process.send_signal(signal.SIGTERM)
for one in crowd:
    one.close()
check(server.process.wait(15) == 0, "a crowd keeps it from ending")

# It names what it is given wrongly.
for wrong, status, text in [
    (["--port", "x"], 2, "not understood: --port x"),
    (["--port", ""], 2, "not understood: --port"),
    (["--port", "0x50"], 2, "not understood: --port 0x50"),
    (["--cert"], 2, "usage: demo"),
    (["--address", "here"], 2, "not understood: --address here"),
    (["--help"], 0, "usage: demo"),
]:
    said = subprocess.run([demo, *wrong], capture_output=True, text=True, timeout=10)
    check(said.returncode == status and text in said.stdout + said.stderr, f"{wrong}: {said}")
taken = Server()
said = subprocess.run([demo, "--port", str(taken.port)], capture_output=True, text=True, timeout=10)
check(said.returncode == 1 and "cannot listen on port" in said.stderr, f"a taken port: {said}")
check(taken.end() == 0, "it does not end")
sys.exit(failed)
