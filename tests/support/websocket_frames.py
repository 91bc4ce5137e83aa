# SPDX-License-Identifier: BSL-1.0
#
# WebSocket by hand (RFC 6455), for clients that send what no library would.
import base64
import os

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

# The fields of a request that asks for one.
UPGRADE = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n")


def frame(kind, payload=b"", fin=True):
    """A message, or a part of one, masked as a client's are; of at most 125 bytes."""
    assert len(payload) < 126
    mask = os.urandom(4)
    return (bytes((fin << 7 | kind, 0x80 | len(payload))) + mask
            + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


def read_frame(exactly):
    """A server's frame: kind and payload. exactly(n) returns the next n bytes."""
    first, size = exactly(2)
    if size == 126:
        size = int.from_bytes(exactly(2), "big")
    return first & 15, exactly(size)


def exactly(connection, size):
    got = b""
    while len(got) < size:
        some = connection.recv(size - len(got))
        if not some:
            raise EOFError
        got += some
    return got
