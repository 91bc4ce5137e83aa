# SPDX-License-Identifier: BSL-1.0
#
# Clients of a server on loopback, each with an RTT history of its own, for aroma_top.test.sh; they
# stay until standard input ends.
#
#     aroma_top_clients.py [MORE [NETWORKS]]
#
# Prints the server's port, and of each client its kind, its own port, and the band that its RTTs
# must have: `quick` answers at once, `late` holds back every ACK for the 40 ms that Linux allows,
# of `new` only the handshake was measured, and its first data, 60 ms later. MORE are so many beside
# them, and NETWORKS so many from a /24 of their own each, of which every fourth is late.
import resource
import socket
import sys
import time

TCP_QUICKACK = 12
more, networks = (int(argument) for argument in (sys.argv[1:] + ["0", "0"])[:2])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", 0), backlog=4096)


def connect(address="127.0.0.1"):
    client = socket.create_connection(listener.getsockname(), source_address=(address, 0))
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
time.sleep(0.06)
new[0].send(b"x" * 1000)
new[1].recv(1000)
for _ in range(64):
    exchange(*quick)
far = [connect(f"127.1.{i}.1") for i in range(networks)]
for i in range(networks):
    for _ in range(64 if i % 4 else 0):
        exchange(*far[i])
for _ in range(6):
    for client, server in [late] + far[::4]:
        client.setsockopt(socket.IPPROTO_TCP, TCP_QUICKACK, 0)
        server.send(b"?")
        client.recv(1)
    time.sleep(0.05)
print(listener.getsockname()[1])
kinds = ("quick", quick, "normal"), ("late", late, "proxy"), ("new", new, "unknown")
for kind, (client, _), band in kinds:
    print(kind, client.getsockname()[1], band)
print("ready", flush=True)
sys.stdin.read()
