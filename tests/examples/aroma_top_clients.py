# SPDX-License-Identifier: BSL-1.0
#
# Clients of a server on loopback, each with an RTT history of its own, for aroma_top.test.sh; they stay until standard input ends.
#
#     aroma_top_clients.py [MORE]
#
# Prints the server's port, and of each client its kind, its own port, and the band that its RTTs must have: `quick` answers at once,
# `late` holds back every ACK for the 40 ms that Linux allows, of `new` only the handshake was measured. MORE are so many beside them.
import resource
import socket
import sys
import time

TCP_QUICKACK = 12
more = int(sys.argv[1]) if len(sys.argv) > 1 else 0
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", 0), backlog=4096)


def connect():
    client = socket.create_connection(listener.getsockname())
    server = listener.accept()[0]
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client, server


def exchange(client, server):
    server.send(b"?")
    client.recv(1)
    client.send(b"!")
    server.recv(1)


quick, late, new = connect(), connect(), connect()
others = [connect() for _ in range(more)]
for _ in range(64):
    exchange(*quick)
for _ in range(6):
    late[0].setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 0)
    late[1].send(b"?")
    late[0].recv(1)
    time.sleep(0.05)
print(listener.getsockname()[1])
for kind, (client, _), band in ("quick", quick, "normal"), ("late", late, "proxy"), ("new", new, "unknown"):
    print(kind, client.getsockname()[1], band)
print("ready", flush=True)
sys.stdin.read()
