# SPDX-License-Identifier: BSL-1.0
#
# Direct people on one host of the lab, some at a time: each is a TCP connection (or a curl) with a
# local port of its own, so that the server's log can be read by what they did.
#
#     people.py LOG SERVER-ADDRESS OWN-ADDRESS HOW-MANY AT-A-TIME SEED SERVERS [loaded]
#
# SERVERS are NAME:PORT, separated by commas; those with TLS have the ports from 9443 on. LOG gets a
# JSON line for each person: port, server, case, error. HOW-MANY scales the table at the end.
import concurrent.futures
import contextlib
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time

from connection import Broken, Connection, client_context, request
from websocket_frames import CLOSE, PING, PONG, TEXT, UPGRADE, frame, read_frame

local_ports = itertools.count(20000)  # below the ephemeral ones, which browsers have
taking = threading.Lock()
trust_all = client_context()

def take(count=1):
    with taking:
        return [next(local_ports) for _ in range(count)][0]


def uses_tls(server):
    return ports[server] >= 9443


def note(port, server, case, error=None):
    line = {"port": port, "server": server, "case": case, "error": error}
    with taking:
        log.write(json.dumps(line) + "\n")
        log.flush()


def pause(chance, least=0.0, most=5.0):
    time.sleep(chance.uniform(least, most))


class Client(Connection):
    patience = 60  # s

    def __init__(self, server, chance, wait=0.0, wait_in_tls=0.0, apart=None):
        self.port = take()
        super().__init__((server_address, ports[server]), source=(own_address, self.port))
        if chance.random() >= 0.8 or apart == 0:
            self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        time.sleep(wait)
        if uses_tls(server):
            self.handshake(trust_all, apart=apart)
            time.sleep(wait_in_tls)

    def ask(self, path, method="GET", body=b"", fields=""):
        self.send(head(path, method, body, fields) + body)
        return self.response()

    def follow(self, path):  # and the path where it ends
        for _ in range(12):
            response = self.ask(path)
            if response.status != 302:
                return path
            path = response.location
        raise Broken("redirects without end")


def head(path, method="GET", body=b"", fields=""):
    length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    return request(path, f"User-Agent: {agent}\r\n{length}{fields}", method)


agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari"
pages = {"plain": ["/", "/news", "/picture"],
         "tls_server": ["/", "/4", "/2"], "demo": ["/", "/info"]}


def visit(client, server, chance):
    return client.follow(chance.choice(pages.get(server, ["/"])))


def go_on(client, server, chance, visits):
    for _ in range(visits):
        pause(chance, 0, 3)
        visit(client, server, chance)
    return client


# What people do: server, chance -> the connection; of curl, its first local port


def click(server, chance):
    client = Client(server, chance)
    for _ in range(chance.randint(3, 6)):
        visit(client, server, chance)
        pause(chance)
    visit(client, server, chance)
    return client


def preconnect(server, chance):
    in_tls = uses_tls(server) and chance.random() < 0.5
    wait = chance.uniform(0.1, 3)
    client = Client(server, chance, 0 if in_tls else wait, wait if in_tls else 0)
    for _ in range(3):
        visit(client, server, chance)
        pause(chance, 0, 2)
    return client


def once(server, chance):  # one request, often on a connection that was opened early
    wait = chance.choice([0, 0, chance.uniform(0.1, 3)])
    client = Client(server, chance, wait)
    client.ask("/score")
    return client


# Where SSL_accept does not block; where it does, a request in the last piece's segment hides it.
def cold(server, chance):  # Java: the handshake's last piece waits for its own work
    client = Client(server, chance, apart=chance.uniform(0.02, 0.1))
    pause(chance, 0.005, 0.02)
    client.ask("/score")
    return client


def wget(server, chance):  # without TCP_NODELAY that piece waits for the ACK of the one before
    client = Client(server, chance, apart=0)
    client.ask("/score")
    return client


def reload(server, chance):  # the page and what it shows, again and again
    client = Client(server, chance)
    for _ in range(4):
        visit(client, server, chance)
        for path in "/style.css", "/picture":
            client.ask(path, fields="Cache-Control: no-cache\r\n")
        pause(chance, 0, 1)
    return client


def back(server, chance):  # to a page that has been seen, and from a redirect that is not followed
    client = Client(server, chance)
    seen = visit(client, server, chance)
    pause(chance, 0.5, 3)
    for path in "/picture", seen, "/", seen, "/", "/":
        client.ask(path)
        pause(chance, 0, 1.5)
    visit(client, server, chance)
    return client


def download(server, chance):
    client = Client(server, chance)
    visit(client, server, chance)
    for _ in range(2):
        client.ask("/big")
        visit(client, server, chance)
        pause(chance, 0, 3)
    visit(client, server, chance)
    return client


def upload(server, chance, size=None, path="/"):  # in the first request
    client = Client(server, chance)
    limit = 300_000 if server == "plain" else 50_000
    client.ask(path, "POST", os.urandom(size or limit))
    return go_on(client, server, chance, 3)


def upload_early(server, chance):
    return upload(server, chance, path="/early")


def upload_form(server, chance):  # head and body in two writes, as most libraries do
    client = Client(server, chance)
    body = os.urandom(6000)
    client.send(head("/", "POST", body))
    client.send(body)
    client.response()
    return go_on(client, server, chance, 3)


def expect(server, chance):  # the body waits for 100 Continue, or a second
    client = Client(server, chance)
    body = os.urandom(3000)
    client.send(head("/", "POST", body, "Expect: 100-continue\r\n"))
    client.tcp.settimeout(1)
    answered = False
    with contextlib.suppress(Broken):  # nothing within the second
        answered = client.response().status != 100
    client.tcp.settimeout(client.patience)
    client.send(body)
    if not answered:
        client.response()
    return go_on(client, server, chance, 2)


def curl(server, chance):
    port = take(4)
    scheme = "https" if uses_tls(server) else "http"
    address = f"{scheme}://{server_address}:{ports[server]}"
    paths = pages.get(server, ["/"]) * 3 + (["/score"] if server == "demo" else [])
    http2 = chance.random() < 0.5 or server == "http2_ping"
    command = ["curl", "-skL", "--http2" if http2 else "--http1.1", "--max-time", "60",
               "--local-port", f"{port}-{port + 3}"]
    command += [argument for path in paths for argument in ("-o", "/dev/null", address + path)]
    run = subprocess.run(command, stdin=subprocess.DEVNULL)
    if run.returncode:
        raise Broken(f"curl ends with {run.returncode}")
    return port


def websocket(server, chance):
    client = Client(server, chance)
    if chance.random() < 0.5:
        client.ask("/")
        pause(chance, 0, 3)
    if client.ask("/", fields=UPGRADE).status != 101:
        raise Broken("no WebSocket")
    while True:  # pongs to pings, until the message has come
        kind, payload = read_frame(client.exactly)
        if kind == PING:
            client.send(frame(PONG, payload))
        elif kind in (TEXT, CLOSE):
            return client


# server, case, how many at HOW-MANY 1
people = [
    ("plain", click, 8), ("plain", preconnect, 8), ("plain", reload, 5), ("plain", back, 4),
    ("plain", download, 3), ("plain", upload, 3), ("plain", upload_early, 2),
    ("plain", upload_form, 4), ("plain", expect, 2), ("plain", curl, 3),
    ("epoll_server", click, 6), ("epoll_server", preconnect, 5), ("epoll_server", reload, 4),
    ("epoll_server", back, 3), ("epoll_server", upload, 3), ("epoll_server", upload_form, 2),
    ("epoll_server", expect, 2), ("epoll_server", curl, 3),
    ("threads", click, 4), ("threads", preconnect, 3), ("threads", curl, 2),
    ("tls_server", click, 4), ("tls_server", preconnect, 4), ("tls_server", curl, 3),
    ("tls_server", once, 8),
    ("http2_ping", curl, 4), ("websocket_ping", websocket, 4),
    ("demo", click, 3), ("demo", preconnect, 2), ("demo", curl, 3), ("demo", once, 2),
    ("demo", cold, 4), ("demo", wget, 4),
]


def live(person):
    server, act, seed = person
    chance = random.Random(seed)
    time.sleep(chance.uniform(0, 0.5))
    try:
        done = act(server, chance)
        if act is curl:
            ports_used = range(done, done + 4)
        else:
            ports_used = [done.port]
            done.close()
        for port in ports_used:
            note(port, server, act.__name__)
    except (OSError, Broken) as error:
        note(0, server, act.__name__, repr(error))


def load(stop, chance):  # downloads over the same link, now and then
    while not stop.is_set():
        until = time.monotonic() + chance.uniform(3, 8)
        try:
            client = Client("plain", chance)
            note(client.port, "plain", "load")
            while time.monotonic() < until and not stop.is_set():
                client.ask("/big")
            client.close()
        except (OSError, Broken) as error:
            note(0, "plain", "load", repr(error))
        stop.wait(chance.uniform(0, 6))


log_path, server_address, own_address, how_many, at_a_time, seed, servers = sys.argv[1:8]
ports = {name: int(port) for name, port in (server.split(":") for server in servers.split(","))}
log = open(log_path, "a", encoding="utf-8")
chance = random.Random(f"{seed} {own_address}")
crowd = []
for server, act, count in people:
    wanted = count * float(how_many)
    number = int(wanted) + (chance.random() < wanted - int(wanted))
    if server in ports:
        crowd += [(server, act, chance.random()) for _ in range(number)]
chance.shuffle(crowd)
stop = threading.Event()
loads = [threading.Thread(target=load, args=(stop, random.Random(chance.random())))
         for _ in range(3 if "loaded" in sys.argv[8:] else 0)]
for each in loads:
    each.start()
with concurrent.futures.ThreadPoolExecutor(int(at_a_time)) as pool:
    list(pool.map(live, crowd))
stop.set()
for each in loads:
    each.join()
