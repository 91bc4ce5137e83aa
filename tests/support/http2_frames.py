# SPDX-License-Identifier: BSL-1.0
#
# HTTP/2 by hand (RFC 9113), for clients that send what no library would.
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
ACK, END_STREAM, END_HEADERS = 1, 1, 4  # flags


def frame(kind, flags=0, stream=0, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
            + payload)


def setting(number, value):
    return number.to_bytes(2, "big") + value.to_bytes(4, "big")


def preface(settings=b""):
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, payload=settings)


def read_frame(exactly):
    """Kind, flags, stream and payload. exactly(n) returns the next n bytes."""
    head = exactly(9)
    size, stream = int.from_bytes(head[:3], "big"), int.from_bytes(head[5:], "big")
    return head[3], head[4], stream, exactly(size)
