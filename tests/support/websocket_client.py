# SPDX-License-Identifier: BSL-1.0
#
# A WebSocket client that prints the one message it receives, directly or through a SOCKS 5 proxy.
#
#     websocket_client.py CERTIFICATE PORT [ADDRESS [PROXY-ADDRESS PROXY-PORT]]
import asyncio
import ssl
import sys

import websockets

from connection import Connection


async def ask(certificate, port, address="127.0.0.1", *proxy):
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    tcp = Connection((address, int(port)), (proxy[0], int(proxy[1])) if proxy else None).tcp
    async with websockets.connect(f"wss://{address}:{port}/", ssl=context, sock=tcp,
                                  server_hostname="localhost") as client:
        print(await client.recv())
        try:
            await client.recv()
            sys.exit("a second message")
        except websockets.ConnectionClosedOK:
            pass


asyncio.run(asyncio.wait_for(ask(*sys.argv[1:]), 20))
