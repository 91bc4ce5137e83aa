# SPDX-License-Identifier: BSL-1.0
#
# A client over TLS whose every flight comes so many seconds late, as from behind a proxy that far
# away, and its requests, on one connection:  slow_tls.py PORT SECONDS PATH...

import socket
import ssl
import sys
import time

port, delay, paths = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(received, to_send, server_hostname="localhost")
server = socket.create_connection(("127.0.0.1", port), timeout=20)


def until_done(step):
    while True:
        try:
            result = step()
            done = True
        except ssl.SSLWantReadError:
            done = False
        if to_send.pending:
            time.sleep(delay)
            server.sendall(to_send.read())
        if done:
            return result
        received.write(server.recv(65536) or sys.exit("the server has hung up"))


until_done(tls.do_handshake)
for path in paths:
    until_done(lambda: tls.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
    print(until_done(lambda: tls.read(65536)).decode().splitlines()[0])
