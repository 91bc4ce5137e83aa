# SPDX-License-Identifier: BSL-1.0
#
# A WebSocket client that prints the one message it receives, directly or through a SOCKS 5 proxy.
#
#     websocket_client.py CERTIFICATE PORT [ADDRESS [PROXY-ADDRESS PROXY-PORT]]
import asyncio
import socket
import ssl
import sys

import websockets


def connected(address, port, proxy):
    tcp = socket.create_connection(proxy or (address, port), timeout=10)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if proxy:
        for sent, expected in (b"\5\1\0", b"\5\0"), (b"\5\1\0\1" + socket.inet_aton(address) + port.to_bytes(2, "big"), b"\5\0"):
            tcp.sendall(sent)
            answer = tcp.recv(64)
            if not answer.startswith(expected):
                sys.exit(f"the proxy answers {answer}")
    return tcp


async def ask(certificate, port, address="127.0.0.1", *proxy):
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    tcp = connected(address, int(port), (proxy[0], int(proxy[1])) if proxy else None)
    async with websockets.connect(f"wss://{address}:{port}/", ssl=context, sock=tcp, server_hostname="localhost") as client:
        print(await client.recv())
        try:
            await client.recv()
            sys.exit("a second message")
        except websockets.ConnectionClosedOK:
            pass


asyncio.run(asyncio.wait_for(ask(*sys.argv[1:]), 20))
