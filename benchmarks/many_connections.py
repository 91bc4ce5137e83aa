# SPDX-License-Identifier: BSL-1.0
#
# The demo with many connections open: its memory, its handshakes, and what a new client waits,
# against an idle one of its own kind at the same time.
#
#     many_connections.py DEMO [N]    10,000 unless said otherwise; exit status 1 where something is
#                                     not served, or memory has no bound
#
# Of N connections 85 % rest behind one request each (a third by HTTP/2, where it is built in), 5 %
# are WebSockets that do not answer, and 10 % have not begun their TLS handshake. They come from
# many addresses of the loopback, so that ports suffice. Then all places are taken; then floods come
# beside them.
import contextlib
import multiprocessing
import os
import re
import resource
import statistics
import subprocess
import sys
import threading
import time

from connection import Broken, Connection, client_context
from http2_frames import DATA, END_HEADERS, END_STREAM, HEADERS, frame, preface, read_frame
from websocket_frames import UPGRADE

demo, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
workers, answers = 2, 15
failed = 0


def check(truth, what):
    global failed
    if not truth:
        failed = 1
        print(f"FAILED: {what}")


http1, http2 = client_context("http/1.1"), client_context("h2", "http/1.1")
Connection.patience = 60


def connect(port, number, context=None):
    return Connection(("127.0.0.1", port), context=context,
                      source=(f"127.0.0.{2 + number % 200}", 0))


class Http2:  # one stream after another
    def __init__(self, connection):
        self.connection, self.stream = connection, -1
        connection.send(preface())

    def touch(self):
        self.stream += 2
        self.connection.send(frame(HEADERS, END_HEADERS | END_STREAM, self.stream,
                                   b"\x82\x87\x04\x08/healthz\x01\x01x"))
        kind = payload = None
        while (kind, payload) != (DATA, b"ok\n"):
            kind, _, _, payload = read_frame(self.connection.exactly)


class Http1:
    def __init__(self, connection):
        self.connection = connection

    def touch(self):
        self.connection.get("/healthz")
        self.connection.response()


def work(port, first, count, pipe):  # opens, then holds: the server ends who rests for a minute
    resting, begun = [], 0
    try:
        pipe.send("ready")
        while True:
            if begun < count:
                chosen = http2 if begun % 3 == 0 else http1
                connection = connect(port, first + begun, chosen)
                protocol = connection.tls.selected_alpn_protocol()
                client = (Http2 if protocol == "h2" else Http1)(connection)
                client.touch()
                resting.append((time.monotonic(), client))
                begun += 1
                if begun == count:
                    pipe.send("open")
            while resting and time.monotonic() - resting[0][0] > 30:
                _, client = resting.pop(0)
                with contextlib.suppress(Broken, OSError):  # it may have given way to others
                    client.touch()
                resting.append((time.monotonic(), client))
            if begun == count and pipe.poll(0.05):
                return
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}, with {len(resting)} open")


class Server:
    def __init__(self, room):
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (room + 64, room + 64))
        self.process = subprocess.Popen([demo, "--port", "0"], stderr=subprocess.PIPE, text=True,
                                        preexec_fn=limit)
        self.said = self.process.stderr.readline()
        self.port = int(re.search(r"port (\d+)", self.said)[1])
        self.requests = 0

    def new_client(self, path="/score"):  # seconds from its SYN to its answer
        self.requests += 1
        began = time.monotonic()
        with connect(self.port, self.requests, http1) as connection:
            connection.get(path)
            self.last = connection.response().body.decode()
        return time.monotonic() - began

    def metric(self, name):
        self.new_client("/metrics")
        return int(re.search(rf"^aroma_demo_{name} (\d+)$", self.last, re.M)[1])

    def memory(self):  # kB
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() / 1000

    def cpu(self):  # seconds
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def websocket(port, number):
    connection = connect(port, number, http1)
    connection.get("/info")
    while (response := connection.response()).status == 302:
        connection.get(response.location)
    token = re.search(rb'data-websocket="([^"]*)"', response.body)[1].decode()
    connection.get(f"/live?t={token}", UPGRADE)
    connection.response()
    return connection


def compare():  # the full one and the idle one take turns
    pairs = [(full.new_client(), idle.new_client()) for _ in range(answers)]
    of_full, of_idle = (statistics.median(times) * 1000 for times in zip(*pairs))
    return f"{of_full:.1f} ms, idle {of_idle:.1f} ms; ratio {statistics.median(a / b for a, b in pairs):.2f}"


resting, sockets, silent = wanted * 85 // 100, wanted * 5 // 100, wanted * 10 // 100
room = wanted + 50
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
if hard < room + 64:
    print(f"aroma: skipped: {room + 64} descriptors are needed, and this user may have {hard}")
    sys.exit(77)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
full, idle = Server(room), Server(160)
most = int(re.search(r"for (\d+) connections", full.said)[1])
crew = []
try:
    full.new_client()
    before, cpu, began = full.memory(), full.cpu(), time.monotonic()
    for i in range(workers):
        ours, theirs = multiprocessing.Pipe()
        share = resting // workers + (i < resting % workers)
        crew.append((multiprocessing.Process(target=work,
            args=(full.port, i * (resting // workers), share, theirs), daemon=True), ours))
        crew[-1][0].start()
    for _, pipe in crew:
        check((said := pipe.recv()) == "ready" and (said := pipe.recv()) == "open", said)
    took, spent = time.monotonic() - began, full.cpu() - cpu
    each = (full.memory() - before) / resting
    print(f"{resting} connections at rest, each behind a TLS handshake and a request: {resting / took:.0f} a second, {spent / resting * 1000:.2f} ms of CPU and "
          f"{each:.0f} kB each")
    check(each < 200, f"{each:.0f} kB for a connection at rest")
    watching = [websocket(full.port, i) for i in range(sockets)]
    half_open = [connect(full.port, i) for i in range(silent)]
    count = full.metric("connections_open")
    print(f"{count} open, with {sockets} WebSockets and {silent} half-open handshakes: {full.memory() / 1000:.0f} MB; a new client has its score after {compare()}")
    check(count >= wanted * 0.97, f"{count} connections are open, of {wanted}")
    cpu, began = full.cpu(), time.monotonic()
    time.sleep(2)
    print(f"CPU while they are open: {(full.cpu() - cpu) / (time.monotonic() - began) * 100:.1f} % of a core")

    # All places taken.
    crowd = [connect(full.port, i) for i in range(most - count + 20)]
    took = full.new_client()
    print(f"all {most} places taken: a new client waits {took:.1f} s, "
          "until the one that rests longest gives way")
    check(took < 5, f"behind a full house a client waits {took:.1f} s")
    for each in crowd + half_open:
        each.close()

    # Garbage and slow clients beside them.
    memory, stop, thrown = full.memory(), threading.Event(), [0]

    def garbage(number):
        while not stop.is_set():
            try:
                with connect(full.port, number) as connection:
                    connection.send(os.urandom(2000))
                    thrown[0] += 1
            except (OSError, Broken):
                pass

    slow = [connect(full.port, i, http1) for i in range(50)]

    def drip():
        while not stop.wait(0.5):
            for connection in slow:
                with contextlib.suppress(Broken):
                    connection.send(b"G")

    threads = [threading.Thread(target=garbage, args=(i,))
               for i in range(2)] + [threading.Thread(target=drip)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    print(f"beside a flood of garbage and 50 slow clients: {compare()}", end="; ")
    stop.set()
    for thread in threads:
        thread.join()
    grown = full.memory() - memory
    print(f"{thrown[0] / (time.monotonic() - began):.0f} pieces of garbage a second, memory {grown / 1000:+.1f} MB")
    check(grown < 30_000, f"a flood takes {grown:.0f} kB")
    for each, pipe in crew:
        check(not pipe.poll(), "a connection at rest was lost")
        if each.is_alive():
            pipe.send("end")
    began = time.monotonic()
    full.process.terminate()
    check(full.process.wait(20) == 0, "it does not end")
    print(f"it ends within {time.monotonic() - began:.1f} s of SIGTERM")
finally:
    for each in (full, idle):
        each.process.kill()
sys.exit(failed)
