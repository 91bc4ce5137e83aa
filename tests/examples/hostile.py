# SPDX-License-Identifier: BSL-1.0
#
# The servers among the examples, all at once, with clients that mean harm: requests that two
# servers read differently, all places or descriptors taken, TLS without data and frames without
# end.
#
#     hostile.py PROGRAM...
import atexit
import fcntl
import functools
import os
import re
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import http2_frames
import websocket_frames
from connection import client_context
from http2_frames import CONTINUATION, DATA, HEADERS, PING, RST, SETTINGS, WINDOW
from websocket_frames import PONG, TEXT

TLS = ("tls_server", "http2_ping", "websocket_ping", "demo")
BEAST = (
    "epoll_server",
    "tls_server",
    "websocket_ping",
    "demo",
    "threads",
    "uring",
    "uv",
    "asio",
    "asio_standalone",
    "qt",
)
# what gives its places up; the others have a framework between them and accept()
PLACES = BEAST + ("http2_ping", "microhttpd", "poco", "libevent")
OWN_LIMIT = {"microhttpd": 255, "poco": 255}  # the others end with their descriptors
failed = 0
folder = tempfile.mkdtemp()
atexit.register(subprocess.run, ["rm", "-rf", folder])
subprocess.run(
    [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-out",
        f"{folder}/cert",
        "-keyout",
        f"{folder}/key",
    ],
    capture_output=True,
    check=True,
)


def fail(what):
    global failed
    failed = 1
    print(f"FAILED: {what}", flush=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Server:
    def __init__(self, program, descriptors=None, address=None, output=subprocess.DEVNULL):
        self.name, self.path = os.path.basename(program), "/score"
        options, self.alpn = ["--port", "0"], ()
        if self.name == "minimal":
            self.port = free_port()
            options = [str(self.port)]
        if self.name in TLS and self.name != "demo":
            options += ["--cert", f"{folder}/cert", "--key", f"{folder}/key"]
        if self.name == "http2_ping":
            self.alpn = ("h2",)
        if self.name == "websocket_ping":
            self.path = "/"
        if address and self.name != "minimal":
            options += ["--address", address]
        limit = ["prlimit", f"--nofile={descriptors}"] if descriptors else []
        self.process = subprocess.Popen(
            limit + [program, *options], stdout=output, stderr=subprocess.PIPE
        )
        atexit.register(self.process.kill)
        if self.name != "minimal":
            said = self.process.stderr.readline().decode()
            self.refused = "refuses io_uring" in said
            self.check(self.refused or f" of {address or '127.0.0.1'}" in said, f"it says {said}")
            self.port = 0 if self.refused else int(re.search(r"listening on port (\d+)", said)[1])

    def check(self, truth, what):
        if not truth:
            fail(f"{self.name}: {what}")

    def plain(self):
        for _ in range(100):
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=4)
            except ConnectionRefusedError:  # minimal says nothing when it listens
                time.sleep(0.02)
        raise ConnectionError(self.name)

    def connect(self):
        tcp = self.plain()
        return (
            client_context(*self.alpn).wrap_socket(tcp, server_hostname="localhost")
            if self.name in TLS
            else tcp
        )

    def served(self):  # a connection that rests behind its first answer
        connection = self.connect()
        if self.name != "http2_ping":  # whose handshake has to do
            connection.sendall(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.recv(10_000)
        return connection

    def memory(self):  # KiB
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def cpu(self):  # seconds
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answers(server, request):
    with server.connect() as connection:
        got = b""
        try:
            connection.sendall(request)
            while some := connection.recv(65536):
                got += some
        except TimeoutError:
            return got, False
        except OSError:
            pass
        return got, True


# Each with a request in what one server takes for its body, and another for the next request.
HIDDEN = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
HOST = "Host: x\r\n"
REFUSED = [
    HOST + f"Transfer-Encoding: {coding}\r\n"
    for coding in (
        "xchunked",
        "chunked, identity",
        "identity",
        "gzip, chunked",
        "chunked, chunked",
        "",
        "chunked;q=1",
        "\x0bchunked",
        "chunked,",
        '"chunked"',
        "\r\n identity",
    )
]
REFUSED += [
    HOST + "Transfer-Encoding: chunked\r\n" + second
    for second in (
        "Content-Length: 5\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\n",
    )
]
REFUSED += [HOST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"]
REFUSED += [
    HOST + f"Content-Length: {length}\r\n"
    for length in (
        "+5",
        "-1",
        "5, 5",
        "",
        "5 5",
        "0x5",
        "99999999999999999999",
        "5\r\nContent-Length: 5",
        "5\r\nContent-Length: 6",
        "5\r\n 6",
    )
]
REFUSED += [
    HOST + "Transfer-Encoding : chunked\r\n",
    HOST + "Content-Length : 5\r\n",
    HOST + "X: a\0b\r\n",
    HOST + "X y: z\r\n",
    HOST + "X: a\nContent-Length: 5\r\n",
    "X: y\r\n",
    HOST + HOST,
    "Host: a b\r\n",
    "Host: a/b\r\n",
    HOST + "Expect: 200-ok\r\n",
]


# of those, what every server has to refuse, a library's HTTP or not
BODIES = [
    "Content-Length: 0\r\nContent-Length: 34\r\n",
    "Content-Length : 34\r\n",
    "Content-Length: 3\r\n 4\r\n",
    "Content-Length: +34\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding:\r\n identity\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 34\r\n",
]
# What the libraries do not show: Pistache keeps the first of two fields, waits for what it misses,
# and reads on behind its own refusals; cpp-httplib drops an empty field.
LEFT = [("pistache", BODIES[i]) for i in (0, 2, 4, 5, 6, 7)] + [("httplib", BODIES[6])]


def requests(program):
    server = Server(program)
    if server.name not in BEAST or server.refused:
        return
    heads = [(f"GET {server.path} HTTP/1.1\r\n{fields}\r\n", fields) for fields in REFUSED]
    heads += [
        (
            f"GET {server.path} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding in HTTP/1.0",
        ),
        (f"GET {server.path} HTTP/1.1\nHost: x\n\n", "LF alone"),
    ]
    for head, fields in heads:
        got, ended = answers(server, head.encode("latin-1") + HIDDEN)
        status = re.findall(rb"HTTP/1\.1 (\d\d\d) ", got)
        server.check(
            len(status) == 1
            and status[0] in (b"400", b"413", b"417", b"431", b"501")
            and ended
            and b"\r\nConnection: close\r\n" in got,
            f"{fields!r} is answered {status}, ended {ended}",
        )
    server.check(
        answers(
            server,
            f"GET http://y{server.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(),
        )[0][9:12]
        == b"200",
        "the absolute form is not taken",
    )
    for head, says in [
        ("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 0),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            0,
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-CONTINUE\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
            1,
        ),
    ]:
        if server.name == "epoll_server":  # which reads bodies
            with server.connect() as connection:
                connection.sendall(head.encode())
                time.sleep(0.1)
                connection.sendall(b"hello")
                got = b""
                while some := connection.recv(65536):
                    got += some
            server.check(
                got.count(b"100 Continue") == says and got.count(b"HTTP/1.1 ") == says + 1,
                f"{head!r}: {got}",
            )
    server.process.kill()


# Whose HTTP is Beast's to parse and the program's own to answer, and those with a library's.
OURS = (
    "epoll_server",
    "tls_server",
    "websocket_ping",
    "threads",
    "uring",
    "uv",
    "asio",
    "asio_standalone",
    "qt",
)
WITH_HTTP = OURS + ("httplib", "libevent", "microhttpd", "pistache", "poco")


def heard(
    server, *parts
):  # what it answers to the parts of a request, 0.2 s apart, and how that ends
    with server.connect() as connection:
        connection.settimeout(3)
        got = b""
        try:
            for part in parts:
                time.sleep(0.2 if part != parts[0] else 0)
                connection.sendall(part.encode())
            while some := connection.recv(65536):
                got += some
        except TimeoutError:
            return got, "silence"
        except OSError as error:
            return got, repr(error)
        return got, "end"


def statuses(got):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d\d\d) ", got)]


def methods(program):
    server = Server(program)
    known = (
        [] if server.refused else ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"]
    )
    if server.name == "httplib":  # which answers what it does not know
        known = known[:-3] + ["PATCH"]
    for method in known:
        target, close = (
            ("x:443", "") if method == "CONNECT" else (server.path, "Connection: close\r\n")
        )
        got, end = heard(
            server, f"{method} {target} HTTP/1.1\r\n{HOST}Content-Length: 0\r\n{close}\r\n"
        )
        server.check(
            statuses(got) == [405] and b"\r\nallow: get, head\r\n" in got.lower(),
            f"{method} is answered {got}",
        )
        server.check(end == "end", f"behind {method} comes {end}")
    for method in ("BREW", "get") if known and server.name not in ("httplib", "pistache") else ():
        got, end = heard(
            server, f"{method} {server.path} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
        )
        server.check(statuses(got) == [501] and end == "end", f"{method} is answered {got}, {end}")
    if known:
        got, _ = heard(server, f"HEAD {server.path} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n")
        server.check(
            statuses(got) == [200] and got.endswith(b"\r\n\r\n"), f"HEAD is answered {got}"
        )
        length = re.search(rb"content-length: (\d+)", got.lower())
        server.check(
            server.name == "pistache" or int(length[1]) > 100, f"of HEAD's length it says {length}"
        )
    server.process.kill()


def bodies(
    program,
):  # a body that nobody asked for is no request, and whose client waits is answered
    server = Server(program)
    if server.refused:
        return
    length = f"Content-Length: {len(HIDDEN)}\r\n"
    for method in ("GET", "POST"):
        got, end = heard(
            server, f"{method} {server.path} HTTP/1.1\r\n{HOST}{length}\r\n", HIDDEN.decode()
        )
        server.check(
            len(statuses(got)) == 1
            or server.name == "httplib"
            and method == "GET",  # which leaves it unread
            f"{method} with a body is answered {statuses(got)}, {end}",
        )
        got, _ = heard(
            server, f"{method} {server.path} HTTP/1.1\r\n{HOST}Expect: 100-continue\r\n{length}\r\n"
        )
        server.check(
            got != b"" or server.name == "pistache",
            f"{method} that expects 100-continue is not answered",
        )
    for fields in BODIES:
        got, end = heard(
            server, f"GET {server.path} HTTP/1.1\r\n{HOST}{fields}\r\n", HIDDEN.decode()
        )
        # libmicrohttpd says twice what it refuses itself
        status = statuses(got)[: 1 if server.name == "microhttpd" else None]
        server.check(
            status in ([400], [413], [417], [501], [] if server.name == "poco" else None)
            and end in ("end", "ConnectionResetError(104, 'Connection reset by peer')")
            or (server.name, fields) in LEFT,
            f"{fields!r} is answered {statuses(got)}, {end}",
        )
    for line in (
        [] if server.name == "pistache" else ["GET / HTTX/1.1", "garbage"]  # its own refusals
    ):
        got, end = heard(server, f"{line}\r\n{HOST}\r\n", HIDDEN.decode())
        server.check(
            len(statuses(got)) < 2
            and end in ("end", "ConnectionResetError(104, 'Connection reset by peer')"),
            f"behind {line!r} it answers {statuses(got)}, {end}",
        )
    server.process.kill()


def unread(program):  # requests whose answers nobody takes
    server = Server(program)
    if server.refused:
        return
    before, request = server.memory(), f"GET {server.path} HTTP/1.1\r\n{HOST}\r\n".encode()
    with server.connect() as connection:
        connection.settimeout(0.5)
        begin, sent = time.monotonic(), 0
        try:
            while sent < 200_000_000 and time.monotonic() - begin < 3:
                sent += connection.send(request * 1000)
        except OSError:  # it reads no more, or has ended
            pass
        grown = server.memory() - before
        server.check(grown < 16_000, f"{sent >> 20} MB of requests cost {grown >> 10} MB")
    server.check(answers(server, request)[0][9:10] in (b"2", b"3"), "it answers nobody afterwards")
    server.process.kill()


def old_clients(program):  # HTTP/1.0, what a browser of those days sent behind a body, and HEAD
    server = Server(program)
    if server.refused:
        return
    with server.connect() as connection:
        connection.sendall(f"GET {server.path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".encode())
        got = connection.recv(10_000)
        server.check(
            b"\r\nconnection: keep-alive\r\n" in got.lower(),
            f"HTTP/1.0 is kept without a word: {got}",
        )
        connection.sendall(f"\r\n\r\nGET {server.path} HTTP/1.1\r\n{HOST}\r\n".encode())
        got = connection.recv(10_000)
        server.check(statuses(got) == [200], f"empty lines and a request are answered {got}")
    got, end = heard(server, f"HEAD / HTTP/1.1\r\n{HOST}X: {'x' * 9_000}\r\n\r\n")
    server.check(
        statuses(got) == [431] and got.endswith(b"\r\n\r\n"), f"a long HEAD is answered {got}"
    )
    server.process.kill()


def too_long(
    program,
):  # refused while it is being sent: the answer arrives, and no reset overtakes it
    server = Server(program)
    for size in () if server.refused else (9_000, 1_000_000):
        for head in (
            f"GET /{'x' * size} HTTP/1.1\r\n{HOST}\r\n",
            f"GET / HTTP/1.1\r\n{HOST}X: {'x' * size}\r\n\r\n",
        ):
            got, end = heard(server, head)
            server.check(
                statuses(got) == [431] and end == "end",
                f"{size} bytes as {head[:20]} are answered {got}, {end}",
            )
    server.process.kill()


def crowd(program):
    name = os.path.basename(program)
    server = Server(
        program, {"minimal": "4:64", "demo": 160}.get(name, None if name in OWN_LIMIT else 48), "::"
    )
    if name != "minimal" and server.refused:
        return
    places = 96 if name == "demo" else OWN_LIMIT.get(name, 48 - 16)
    idle = (
        []
        if name == "minimal"
        else [server.served() for _ in range(places)]
        if name in PLACES
        else []
    )
    waiting = [server.plain() for _ in range(10 if name == "minimal" else 40)]
    before, began = server.cpu(), time.monotonic()
    time.sleep(1)
    share = (server.cpu() - before) / (time.monotonic() - began)
    server.check(
        share < 0.15 or name == "pistache",  # whose accept() is the library's
        f"{share:.0%} of a core while nothing can be accepted",
    )
    server.check(
        server.process.poll() is None,
        f"it has ended: {server.process.stderr.read()}" if server.process.poll() else "",
    )
    if name in PLACES:
        began = time.monotonic()
        try:
            server.served().close()
        except OSError as error:
            server.check(False, f"a new client is not served: {error}")
        took = time.monotonic() - began
        server.check(took < 5, f"a new client waits {took:.1f} s")
        print(f"{name}: {share:.0%} of a core, and a new client waits {took:.1f} s")
    for each in idle + waiting:
        each.close()
    if name == "minimal":
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    if name in PLACES + ("minimal",):
        server.served().close()
    server.process.kill()


def without_data(program):
    server = Server(program)
    client = subprocess.Popen(
        [
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{server.port}",
            "-tls1_3",
            *(("-alpn", ",".join(server.alpn)) if server.alpn else ()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    sent = 0
    time.sleep(0.3)
    while sent < 300 and client.poll() is None:
        try:
            client.stdin.write(b"K\n")  # KeyUpdate, which asks for one
            client.stdin.flush()
        except OSError:
            break
        sent += 1
        time.sleep(0.01)
    server.check(20 < sent < 150, f"it takes {sent} KeyUpdates")
    client.kill()
    server.served().close()
    server.process.kill()


def log_unread(program):  # a pipe that nobody empties
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    server = Server(program, output=writer)
    os.close(writer)
    for _ in range(100):
        with server.connect() as connection:
            connection.sendall(
                f"GET {server.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            )
            server.check(connection.recv(65536) != b"", "it does not answer while its log is full")
    time.sleep(0.5)
    left = len(os.listdir(f"/proc/{server.process.pid}/task"))
    server.check(left < 10, f"{left} threads wait for who reads its log")
    server.process.kill()
    os.close(reader)


def small(program):  # a server with few places, and how many
    name = os.path.basename(program)
    server = Server(program, None if name in OWN_LIMIT else 48)
    return (None, 0) if server.refused else (server, OWN_LIMIT.get(name, 48 - 16))


def silent(server):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", server.port))
    return one


def asks(server, connection):
    try:
        connection.sendall(f"GET {server.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return connection.recv(10_000) != b""
    except OSError:
        return False


def grace(program):  # a newcomer's second, whatever else comes
    server, places = small(program)
    if not server:
        return
    idle = [server.served() for _ in range(places)]
    time.sleep(1.2)
    newcomer = server.plain()
    flood = []
    for _ in range(20):
        flood += [silent(server) for _ in range(places // 4)]
        time.sleep(0.02)
    server.check(asks(server, newcomer), "a newcomer is ended within its first second")
    for each in idle + flood:
        each.close()
    server.process.kill()


def silent_again(program):  # more silent clients than places, who come again when they are ended
    server, places = small(program)
    if not server:
        return
    honest = [server.served() for _ in range(4)]
    idle = [silent(server) for _ in range(2 * places)]
    for _ in range(3):
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            for i, each in enumerate(idle):
                try:
                    gone = each.recv(1) == b""
                except BlockingIOError:
                    gone = False
                except OSError:
                    gone = True
                if gone:
                    each.close()
                    idle[i] = silent(server)
            time.sleep(0.01)
        left = sum(asks(server, each) for each in honest)
        server.check(
            left == len(honest),
            f"of {len(honest)} clients that ask now and then, silent ones leave {left}",
        )
    server.process.kill()


def silent_at_once(program):  # more silent clients than places, which the kernel has already
    server = Server(program)
    if server.refused:
        return
    honest = server.served()
    idle = [silent(server) for _ in range(600)]
    for _ in range(4):
        time.sleep(0.5)
        if not asks(server, honest):
            server.check(False, "600 silent clients end one that asks twice a second")
            break
    for each in idle:
        each.close()
    server.process.kill()


def refused_crowd(program):  # who have their answer, and do not close
    server, places = small(program)
    if not server:
        return
    slow = server.connect()
    slow.sendall(f"GET {server.path} HTTP/1.1\r\nHost: x\r\n".encode())
    crowd = []
    for _ in range(3 * places):
        try:
            one = server.connect()
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nExpect: bananas\r\n\r\n")
            crowd.append(one)
        except OSError:
            pass
    time.sleep(1.2)
    try:
        slow.sendall(b"\r\n")
        answered = slow.recv(10_000) != b""
    except OSError:
        answered = False
    server.check(answered, "clients that were refused end one that is still asking")
    for each in crowd:
        each.close()
    server.process.kill()


def busy(program):  # as many clients as there are places, none of which rests
    few = os.path.basename(program) in (
        "epoll_server",
        "uv",
        "qt",
    )  # as their descriptors; the others have 256
    server, places = Server(program, 48 if few else None), 32 if few else 256
    if server.refused:
        return
    clients, stop = [server.served() for _ in range(places)], threading.Event()

    def ask():
        while not stop.wait(0.3):
            for i, each in enumerate(clients):
                if not asks(server, each):
                    each.close()
                    clients[i] = silent(server)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(10)
    began = time.monotonic()
    try:
        server.served().close()
    except OSError as error:
        server.check(False, f"a new client is not served among busy ones: {error}")
    print(f"{server.name}: a new client waits {time.monotonic() - began:.1f} s for busy ones")
    stop.set()
    thread.join()
    server.process.kill()


def silent_pool(
    program,
):  # more silent clients than a pool has threads, and no places: each has its time
    server = Server(program)
    for begun in (b"", b"G"):
        idle = [server.plain() for _ in range(600)]
        for each in idle:
            each.sendall(begun)
        began = time.monotonic()
        with server.plain() as newcomer:
            newcomer.settimeout(30)
            server.check(asks(server, newcomer), "a new client is not served behind silent ones")
        took = time.monotonic() - began
        server.check(took < 8, f"a new client waits {took:.1f} s for silent ones")
        print(f"{server.name}: a new client waits {took:.1f} s for 600 that have sent {begun}")
        for each in idle:
            each.close()
    server.process.kill()


def frames_without_end(program):  # requests that are cancelled, windows that are opened, PINGs
    server = Server(program)
    for sent in (
        b"".join(
            get_frame(i) + http2_frames.frame(RST, 0, i, b"\0\0\0\x08") for i in range(1, 20_000, 2)
        ),
        http2_frames.frame(WINDOW, 0, 0, b"\0\0\0\1") * 10_000,
        http2_frames.frame(PING, payload=b"pingpong") * 10_000,
        http2_frames.frame(SETTINGS) * 10_000,
    ):
        with server.connect() as connection:
            ended = False
            try:
                connection.sendall(http2_frames.preface() + sent)
                while connection.recv(65536):
                    pass
                ended = True
            except TimeoutError:
                pass
            except OSError:
                ended = True
            server.check(ended, f"10,000 frames as {sent[:12]} are all taken")
    server.served().close()
    server.process.kill()


def ends(connection, within):
    connection.settimeout(within)
    try:
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    finally:
        connection.settimeout(4)


def ignored_frames(program):  # which nghttp2 calls nobody for
    server = Server(program)
    server.alpn = ("h2",)
    ended_stream = get_frame(1) + http2_frames.frame(RST, 0, 1, b"\0\0\0\x08")
    for what, opening, frame in [
        ("an unknown type", b"", http2_frames.frame(0x42)),
        ("ORIGIN", b"", http2_frames.frame(12)),
        ("ALTSVC", b"", http2_frames.frame(10)),
        ("PRIORITY", b"", http2_frames.frame(2, 0, 1, b"\0\0\0\0\0")),
        ("empty DATA", get_frame(1, flags=4), http2_frames.frame(DATA, 0, 1)),
        ("DATA of an ended stream", ended_stream, http2_frames.frame(DATA, 0, 1)),
        ("CONTINUATION", get_frame(1, flags=0), http2_frames.frame(CONTINUATION, 0, 1)),
    ]:
        with server.connect() as connection:
            if connection.selected_alpn_protocol() != "h2":  # built without it
                break
            connection.sendall(http2_frames.preface() + opening)
            try:
                for _ in range(50):
                    connection.sendall(frame * 200)
                ended = ends(connection, 4)  # of its 10 s of patience
            except OSError:
                ended = True
            server.check(ended, f"10,000 frames of {what} are all taken")
    server.connect().close()
    server.process.kill()


def messages_without_end(program):
    begun = websocket_frames.frame(TEXT, fin=False)
    for what, opening, frame in [
        ("empty messages", b"", (TEXT,)),
        ("tiny messages", b"", (TEXT, b"x")),
        ("larger messages", b"", (TEXT, b"x" * 120)),
        ("pings", b"", (websocket_frames.PING,)),
        ("pongs", b"", (PONG, b"x")),
        ("empty continuations", begun, (0, b"", False)),
    ]:
        server = Server(program)
        with server.connect() as connection:
            exactly = functools.partial(websocket_frames.exactly, connection)
            upgrade = f"GET / HTTP/1.1\r\nHost: x\r\n{websocket_frames.UPGRADE}\r\n"
            connection.sendall(upgrade.encode())
            while exactly(1) != b"\r" or exactly(3) != b"\n\r\n":
                pass
            part = websocket_frames.frame(*frame)
            before, code, ended = server.cpu(), None, True
            try:
                connection.sendall(opening + part * (100_000 // len(part)))
                while code is None:
                    kind, payload = websocket_frames.read_frame(exactly)
                    if kind == websocket_frames.CLOSE:
                        code = int.from_bytes(payload[:2], "big")
                while True:
                    exactly(1)
            except TimeoutError:
                ended = False
            except (OSError, EOFError):
                pass
            server.check(
                code == 1008 and ended, f"{what} without end are told {code}, ended {ended}"
            )
            took = server.cpu() - before
            server.check(took < 1, f"{what} without end take {took:.1f} s of a core")
        server.served().close()
        server.process.kill()


def get_frame(stream, flags=5):
    return http2_frames.frame(HEADERS, flags, stream, b"\x82\x87\x84\x01\x01x")


def all_of(act, programs):
    def one(program):
        try:
            act(program)
        except Exception as error:
            fail(f"{os.path.basename(program)}: {act.__name__}: {error!r}")

    threads = [threading.Thread(target=one, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


programs = sys.argv[1:]
all_of(requests, [p for p in programs if os.path.basename(p) != "minimal"])
all_of(methods, [p for p in programs if os.path.basename(p) in WITH_HTTP])
all_of(bodies, [p for p in programs if os.path.basename(p) in WITH_HTTP])
all_of(unread, [p for p in programs if os.path.basename(p) in WITH_HTTP])
all_of(old_clients, [p for p in programs if os.path.basename(p) in OURS and p[-4:] != "ping"])
all_of(too_long, [p for p in programs if os.path.basename(p) in OURS])
all_of(crowd, programs)
bare = [p for p in programs if os.path.basename(p) in PLACES and os.path.basename(p) not in TLS]
all_of(grace, bare)
# evhttp shows a connection at its first request
all_of(silent_again, [p for p in bare if os.path.basename(p) != "libevent"])
all_of(silent_at_once, [p for p in bare if os.path.basename(p) != "libevent"])
all_of(busy, [p for p in bare if os.path.basename(p) not in OWN_LIMIT])
all_of(
    refused_crowd,
    [
        p
        for p in programs
        if os.path.basename(p)
        in ("threads", "uring", "uv", "asio", "asio_standalone", "tls_server", "qt")
    ],
)
all_of(silent_pool, [p for p in programs if os.path.basename(p) == "httplib"])
all_of(log_unread, [p for p in programs if os.path.basename(p) in ("tls_server", "epoll_server")])
all_of(frames_without_end, [p for p in programs if os.path.basename(p) == "http2_ping"])
all_of(ignored_frames, [p for p in programs if os.path.basename(p) in ("http2_ping", "demo")])
all_of(messages_without_end, [p for p in programs if os.path.basename(p) == "websocket_ping"])
all_of(without_data, [p for p in programs if os.path.basename(p) in TLS])
sys.exit(failed)
