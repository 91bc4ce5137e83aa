# SPDX-License-Identifier: BSL-1.0
#
# A connection through a SOCKS 5 proxy, through a port that is
# forwarded, or direct, with TLS or without, of which every byte and its time are the client's own.
import json
import re
import socket
import ssl
import time


CHANGE_CIPHER_SPEC = bytes((20, 3, 3, 0, 1, 1))  # RFC 8446, 5: the server ignores it


class Broken(Exception):
    """The client did not do what it was to do: no evidence for or against the server."""


class Verdict:
    """What a server says about one connection."""

    def __init__(self, body):
        try:
            seen = json.loads(body)
        except ValueError:
            raise Broken(f"no verdict: {body[:80]!r}") from None
        if "seen" in seen:
            seen = seen["seen"]
        self.cleared = seen.get("cleared")  # None: this server does not say
        self.counted = seen.get("counted", seen.get("replies"))
        seen = seen.get("assessment", seen)
        self.band, self.status = seen["band"], seen["status"]
        score = seen.get("score")
        self.score = "-" if score is None else f"{score:.3f}"
        self.numbers = {k: seen.get(k + "_us") for k in ("minimum", "smoothed", "application")}

    def __str__(self):
        return (f"{self.band} {self.score} {self.status}, counted {self.counted}, cleared "
                f"{self.cleared}, {self.numbers}")


class Response:
    def __init__(self, status, head, body, received):
        self.status, self.head, self.body, self.received = status, head, body, received

    @property
    def location(self):
        found = re.search(rb"\r\nlocation: *([^\r]*)", self.head, re.IGNORECASE)
        if not found:
            raise Broken(f"no redirect but {self.status}")
        return found[1].decode()

    @property
    def verdict(self):
        if self.status != 200:
            raise Broken(f"no verdict but {self.status}")
        return Verdict(self.body)


def client_context(*alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Connection:
    patience = 10  # s

    def __init__(self, target, proxy=None, optimistic=None, context=None, window=None, late=0,
                 between=None, source=None):
        """With `optimistic`, those bytes are sent before the proxy has answered anything; `window`
        is the room for what is received, and the last flight of TLS is `late`, in seconds; its
        first byte is known, and sent `between` seconds behind the ClientHello; `source` is the
        client's own address and port."""
        self.tcp = socket.socket()
        if source:
            self.tcp.bind(source)
        if window:
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.tcp.settimeout(self.patience)
        self.tcp.connect(proxy or target)
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes = b""
        self.tls = None
        if proxy:
            self._socks(target, optimistic)
        elif optimistic:
            self.tcp.sendall(optimistic)
        if context:
            self.handshake(context, late, between)

    def _socks(self, target, optimistic):
        wanted = b"\5\1\0\1" + socket.inet_aton(target[0]) + target[1].to_bytes(2, "big")
        self.tcp.sendall(b"\5\1\0")
        if optimistic:
            time.sleep(0.008)  # microsocks takes one message from each recv()
            self.tcp.sendall(wanted)
            time.sleep(0.008)
            self.tcp.sendall(optimistic)
        self.exactly(2)
        if not optimistic:
            self.tcp.sendall(wanted)
        answer = self.exactly(10)
        if answer[1] != 0:
            raise Broken(f"the proxy answers {answer}")

    def exactly(self, size):
        while len(self.bytes) < size:
            self._more()
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken

    def handshake(self, context, late=0, between=None, apart=None):
        """With `apart`, the last flight's ChangeCipherSpec goes ahead, by so many seconds."""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.incoming.write(self.bytes)
        self.bytes = b""
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        while True:
            try:
                self.tls.do_handshake()
                time.sleep(late)
                if between is None and apart is None:
                    return self.flush()
                wire = self.outgoing.read()
                if not wire.startswith(CHANGE_CIPHER_SPEC):
                    raise Broken("no ChangeCipherSpec")
                if apart is None:
                    return self.put(wire[1:])
                self.put(CHANGE_CIPHER_SPEC)
                time.sleep(apart)
                return self.put(wire[len(CHANGE_CIPHER_SPEC):])
            except ssl.SSLWantReadError:
                hello = self.outgoing.pending
                self.flush()
                if hello and between is not None:
                    time.sleep(between)
                    self.put(CHANGE_CIPHER_SPEC[:1])
                self.incoming.write(self._receive())

    def flush(self):
        if self.outgoing.pending:
            self.tcp.sendall(self.outgoing.read())

    def _receive(self):
        try:
            got = self.tcp.recv(65536)
        except TimeoutError:
            raise Broken("no answer") from None
        except OSError as error:
            raise Broken(str(error)) from None
        if not got:
            raise Broken("closed")
        return got

    def _more(self):
        while True:
            if self.tls:
                try:
                    got = self.tls.read(65536)
                    if not got:
                        raise Broken("closed")
                    self.bytes += got
                    self.flush()
                    return
                except ssl.SSLWantReadError:
                    self.flush()
                    self.incoming.write(self._receive())
                except ssl.SSLError as error:
                    raise Broken(str(error)) from None
            else:
                self.bytes += self._receive()
                return

    def wire(self, data):
        """The bytes as they go onto the wire: of TLS, one record."""
        if not self.tls:
            return data
        self.tls.write(data)
        return self.outgoing.read()

    def send(self, data):
        self.put(self.wire(data))

    def put(self, wire):
        try:
            self.tcp.sendall(wire)
        except OSError as error:
            raise Broken(str(error)) from None

    def get(self, path, fields=""):
        self.send(request(path, fields))

    def response(self):
        while b"\r\n\r\n" not in self.bytes:
            self._more()
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        status = int(head[9:12])
        size = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        body = self.exactly(int(size[1])) if size and status != 100 else b""
        return Response(status, head + b"\r\n", body, time.monotonic())

    def close(self):
        self.tcp.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(path, fields="", method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: adversary\r\n{fields}\r\n".encode()


def pause_until(when):
    left = when - time.monotonic()
    if left > 0:
        time.sleep(left)
