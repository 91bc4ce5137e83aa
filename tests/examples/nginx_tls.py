# SPDX-License-Identifier: BSL-1.0
#
# Clients over TLS, with SNI, resumption, and a server that asks for their certificate;
# nginx.test.sh has the configuration.
import json
import socket
import ssl
import sys

failed = False


def fail(what):
    global failed
    failed = True
    print("FAILED:", what)


def ask(name, version=ssl.TLSVersion.TLSv1_3, session=None, context=None, requests=2,
        port=443):
    """What each of a connection's requests is answered, and its session."""
    if not context:
        context = new_context(version)
    with socket.create_connection(("127.0.0.1", port)) as tcp, \
            context.wrap_socket(tcp, server_hostname=name, session=session) as tls:
        tls.settimeout(10)
        said = []
        for i in range(requests):
            tls.sendall(f"GET /{i} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            answer = b""
            while not answer.endswith(b"}\n"):
                got = tls.recv(65536)
                if not got:
                    raise EOFError(answer)
                answer += got
            if not answer.startswith(b"HTTP/1.1 200"):
                fail(f"{name}: {answer}")
            said.append(json.loads(answer[answer.index(b"\r\n\r\n"):]))
        return said, tls.session


def new_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    # the second server's, by SNI, whose handshake begins with the first server's context
    for said in ask("b.test", version)[0]:
        if (said["server"], said["status"], said["probes"]) != ("b.test", "ok", "1"):
            fail(f"{version}: the handshake is not measured: {said}")
        if said["basis"] != "reference_over_excess" or not 0 < float(said["score"]) <= 1:
            fail(f"{version}: no score: {said}")
    for said in ask("a.test", version)[0]:
        if said["server"] != "a.test" or said["band"]:
            fail(f"{version}: a server without aroma sets variables: {said}")
    for port in (443, 444):  # resumed, by a ticket and by the server's cache
        context = new_context(version)
        _, session = ask("b.test", context=context, port=port)
        said, _ = ask("b.test", context=context, session=session, port=port)
        if (said[0]["reused"], said[0]["status"], said[0]["probes"]) != ("r", "ok", "1"):
            fail(f"{version}: a resumed handshake is not measured: {said}")
    # a person may have typed a PIN
    for said in ask("c.test", version)[0]:
        if (said["band"], said["status"], said["probes"]) != ("unknown", "probes_void", "0"):
            fail(f"{version}: a handshake that asks for a certificate counts: {said}")
sys.exit(failed)
