# SPDX-License-Identifier: BSL-1.0
#
# Clients of every kind over plain HTTP; nginx.test.sh has the configuration. Each function is a
# fact, and its name says which.
#
#     nginx_requests.py FOLDER [patient]      patient: with what waits for ten seconds
import json
import os
import re
import socket
import sys
import threading
import time

RUN = sys.argv[1]
TOKEN = re.compile(r"[?&]aroma_probe=[0-9a-f]{32}$")
DIRECT = ("normal", "unstable")


class Client:
    def __init__(self, port=80, unix=None, first=b""):
        if unix:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(unix)
        else:
            self.socket = socket.create_connection(("127.0.0.1", port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(10)
        self.socket.sendall(first)
        self.bytes = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, path, *headers, method="GET", version="1.1", body=b""):
        head = "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/{version}", "Host: a.test",
                                                  *headers))
        self.socket.sendall(head.encode() + b"\r\n" + body)

    def answer(self, head=False):
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        lines, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        lines = lines.decode().split("\r\n")
        if lines[0] == "HTTP/1.1 100 Continue":
            return self.answer(head)
        fields = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        size = 0 if head else int(fields.get("content-length", 0))
        while len(self.bytes) < size:
            self.more()
        body, self.bytes = self.bytes[:size], self.bytes[size:]
        return Answer(int(lines[0].split()[1]), fields, body)

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise EOFError
        self.bytes += got

    def get(self, path, *headers, **how):
        self.send(path, *headers, **how)
        return self.answer(how.get("method") == "HEAD")

    def probed(self, path):
        """The answer to what the redirect leads to."""
        redirected = self.get(path)
        assert redirected.status == 302, redirected
        return self.get(redirected.target)


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body}"

    @property
    def target(self):
        return self.fields["location"]

    @property
    def said(self):
        assert self.status == 200, self
        return json.loads(self.body)


def is_unprobed(said):
    return (said["band"], said["status"], said["probes"], said["score"], said["basis"]) == \
        ("unknown", "unprobed", "0", "", "")


def a_redirect_is_a_probe():
    with Client() as c:
        first = c.get("/x?a=1&b=%20", "Cookie: secret=1", "Authorization: Basic c2VjcmV0")
        assert first.status == 302 and first.fields["cache-control"] == "no-store", first
        assert first.fields["content-length"] == "0" and "set-cookie" not in first.fields, first
        # the same path and nothing of the client's
        assert TOKEN.sub("", first.target) == "/x?a=1&b=%20" and TOKEN.search(first.target), first
        said = c.get(first.target).said
        assert said["band"] in DIRECT and said["status"] == "ok" and said["probes"] == "1", said
        assert said["basis"] == "reference_over_excess" and 0 < float(said["score"]) <= 1, said
        assert 0 <= float(said["excess_ms"]) < 1000, said
        assert (said["uri"], said["args"], said["path"]) == ("/x?a=1&b=%20", "a=1&b=%20", "/x"), said
        assert said["mapped"] == f"is {said['band']}", said


def the_uri_comes_back_as_it_was():
    for path in ("/", "/?", "/?a", "/x?a=1&", "/x?&&", "/%2e?%26=%C3%BC", "/x?aroma_probe=", "/ä?ö"):
        with Client() as c:
            assert c.probed(path).said["uri"] == path, path


def one_probe_is_enough_for_a_short_path():
    with Client() as c:
        c.probed("/")
        for _ in range(20):
            said = c.get("/again").said
            assert said["band"] in DIRECT and said["probes"] == "1", said


def who_follows_on_another_connection_is_served():
    with Client() as c:
        target = c.get("/x?a=1").target
        for _ in range(3):
            with Client() as other:
                said = other.get(target).said
                assert is_unprobed(said) and said["uri"] == "/x?a=1", said
                assert other.get("/next").status == 302


def a_token_is_good_once():
    with Client() as c:
        target = c.get("/x").target
        assert c.get(target).said["probes"] == "1"
        for _ in range(5):
            said = c.get(target).said
            assert said["probes"] == "1" and said["uri"] == "/x", said


def a_token_of_before_answers_no_new_probe():
    with Client() as c:
        old, new = c.get("/x").target, c.get("/y").target
        assert old != new
        said = c.get(old).said
        assert said["band"] == "unknown" and said["status"] == "probe_token", said
        assert said["probes"] == "0" and said["uri"] == "/x", said
        assert c.get(new).said["probes"] == "0"  # it is void
        assert c.probed("/z").said["probes"] == "1"


def a_forged_token_is_an_argument_of_the_application():
    with Client() as c:
        target = c.get("/x").target
    digit = "0" if target[-1] != "0" else "1"
    for forged in (target[:-1] + digit, target[:-33] + digit * 32 + target[-1], target + "&a",
                   target.replace("aroma_probe", "Aroma_probe"), "/x?aroma_probe=" + "z" * 32,
                   "/x?b_aroma_probe=" + target[-32:], target[:-1], target + "0"):
        with Client() as c:
            redirected = c.get(forged)
            assert TOKEN.sub("", redirected.target) == forged, redirected
            said = c.get(redirected.target).said
            assert said["uri"] == forged and said["probes"] == "1", said


def who_does_not_follow_is_served_the_fourth_time():
    with Client() as c:
        assert [c.get("/").status for _ in range(6)] == [302, 302, 302, 200, 200, 200]
        said = c.get("/score").said
        assert said["band"] == "unknown" and said["status"] in ("probes_void", "probe_token"), said


def what_is_no_plain_get_is_served_at_once():
    requests = (
        ((), {"method": "HEAD"}), ((), {"method": "OPTIONS"}), ((), {"version": "1.0"}),
        (("Content-Length: 3",), {"method": "POST", "body": b"abc"}),
        (("Content-Length: 3",), {"method": "PUT", "body": b"abc"}),
        (("Content-Length: 3",), {"body": b"abc"}),
        (("Transfer-Encoding: chunked",), {"body": b"0\r\n\r\n"}),
        (("Connection: close",), {}), (("Connection: upgrade", "Upgrade: websocket"), {}),
        (("Expect: 100-continue",), {}), (("Connection: keep-alive",), {"version": "1.0"}))
    for headers, how in requests:
        with Client() as c:
            answer = c.get("/", *headers, **how)
            assert answer.status == 200, (headers, how, answer)
            assert how.get("method") == "HEAD" or is_unprobed(answer.said), answer
    for path in ("//other.test/x", "/\\other.test/x", "/x#y", "/" + "x" * 3000):
        with Client() as c:
            assert c.get(path).status == 200, path
    with Client() as c:  # a path of the origin's form, or none that is ours to lengthen
        assert c.get("http://a.test/x").target.startswith("/x?aroma_probe=")


def a_token_is_taken_off_a_post_too():
    with Client() as c:
        target = c.get("/x?a=1").target
        said = c.get(target, "Content-Length: 3", method="POST", body=b"abc").said
        assert said["uri"] == "/x?a=1" and said["probes"] == "1", said


def requests_in_one_flight_are_answered_and_void_the_probe():
    with Client() as c:
        c.socket.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET /score HTTP/1.1\r\nHost: a\r\n\r\n")
        first, second = c.answer(), c.answer()
        assert first.status == 302 and second.said["band"] == "unknown", (first, second)
        said = c.get(first.target).said
        assert said["band"] == "unknown" and said["probes"] == "0", said
        assert c.probed("/y").said["probes"] == "1"


def a_guess_ahead_of_the_redirect_clears_nobody():
    with Client() as c:
        c.socket.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET /x?aroma_probe="
                         + b"0" * 32 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        c.answer(), c.answer()
        assert c.get("/score").said["band"] == "unknown"


def without_probes_nobody_is_normal():
    with Client() as c:
        for i in range(20):
            time.sleep(0.002 * i)
            assert c.get("/unprobed").said["band"] in ("unknown", "suspicious")
        assert is_unprobed(c.get("/unprobed").said)


def off_sets_no_variable():
    with Client() as c:
        said = c.get("/off").said
        assert not any(said[k] for k in ("band", "score", "excess_ms", "status", "basis", "probes"))
        assert c.probed("/").said["probes"] == "1"
        assert c.get("/off").said["band"] == ""


def a_request_says_what_was_measured_when_it_arrived():
    for path in ("/moved", "/named", "/authorized", "/missing"):
        with Client() as c:
            answer = c.probed(path)
            assert answer.status == (404 if path == "/missing" else 200), answer
            said = json.loads(answer.body)
            assert said["band"] in DIRECT and said["probes"] == "1", (path, said)
            assert said["uri"] == path, said
    with open(f"{RUN}/origin.log") as log:  # the subrequest's
        bands = [line.split()[1] for line in log if line.startswith("/authority")]
    assert bands and all(band in DIRECT for band in bands), bands


def if_sees_the_band():
    with Client() as c:
        assert c.get("/if").said == {"said": "unknown"}
        c.probed("/")
        assert c.get("/if").said == {"said": "other"}


def a_body_takes_its_time():
    with Client() as c:
        c.probed("/")
        for size in (10, 3_000_000):
            c.send("/upload", f"Content-Length: {size}", method="POST", body=b"x" * 5)
            time.sleep(0.2)
            c.socket.sendall(b"x" * (size - 5))
            said = c.answer().said
            assert said["band"] in DIRECT and said["length"] == str(size), said


def no_forged_header_reaches_the_origin():
    forged = [f"{name}: forged" for name in ("Aroma-Band", "aroma-score", "AROMA-STATUS",
                                             "Aroma_Band", "Aroma_Score", "Aroma_Status")]
    with Client() as c:
        target = c.get("/origin?a", *forged).target
        said = c.get(target, *forged).said
        assert said["band"] in DIRECT and said["status"] == "ok", said
        assert float(said["score"]) > 0 and said["uri"] == "/origin?a", said
        with Client() as other:  # and where there is no score there is no header
            said = other.get(target, *forged).said
            assert (said["band"], said["score"], said["status"]) == ("unknown", "", "unprobed"), said
        assert c.get("/open", *forged).said["band"] == "forged"  # without the lines


def proxy_protocol_is_behind_a_balancer():
    with Client(82, first=b"PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\r\n") as c:
        for _ in range(3):
            said = c.get("/").said
            assert (said["band"], said["status"], said["probes"]) == \
                ("unknown", "behind_balancer", "0"), said
            assert not said["score"] and not said["excess_ms"] and not said["basis"], said


def realip_is_behind_a_balancer():
    with Client(83) as c:
        for address in ("192.0.2.1", "192.0.2.2"):
            said = c.get("/", f"X-Real-IP: {address}").said
            assert (said["band"], said["status"]) == ("unknown", "behind_balancer"), said
        assert c.probed("/").said["status"] == "ok"  # without it, it is the peer's own


def a_unix_socket_has_no_round_trip():
    with Client(unix="/run/socket") as c:
        for _ in range(3):
            said = c.get("/").said
            assert (said["band"], said["status"]) == ("unknown", "not_tcp"), said


def measured_with_an_excess():
    """A connection whose score is below 1, as nearly all are."""
    for _ in range(20):
        c = Client()
        said = c.probed("/").said
        if said["band"] == "normal" and said["score"] != "1.000":
            return c
        c.socket.close()
    raise AssertionError("no excess at all")


def a_location_has_thresholds_of_its_own():
    with measured_with_an_excess() as c:
        assert c.get("/strict").said["band"] == "unstable"
        assert c.get("/thresholds").said["band"] == "normal"


def thresholds_are_read_again():
    def write(line):
        with open("/run/thresholds.new", "w") as file:
            file.write(f"aroma-thresholds 1\n* {line}\nend\n")
        os.rename("/run/thresholds.new", "/run/thresholds")

    def becomes(c, band):
        for _ in range(30):
            if c.get("/thresholds").said["band"] == band:
                return
            time.sleep(0.1)
        raise AssertionError(f"not {band}")

    with measured_with_an_excess() as c:
        becomes(c, "normal")
        write("1 0.1 0.05")
        becomes(c, "unstable")
        write("x 0.1 0.05")
        for _ in range(25):
            assert c.get("/thresholds").said["band"] == "unstable"
            time.sleep(0.1)
        with open(f"{RUN}/error.log") as log:
            news = [line for line in log if "a threshold is not a number" in line]
        assert len(news) == 1, news
        write("0 0 0")
        becomes(c, "normal")


def a_token_expires():
    with Client() as c:
        target = c.get("/x").target
        time.sleep(11)
        said = c.get(target).said
        assert said["band"] == "unknown" and said["probes"] == "0", said
        assert said["status"] == "probes_void" and said["uri"] == "/x", said


def the_log_says_what_the_answer_said():
    with Client() as c:
        said = c.probed("/logged").said
    time.sleep(0.1)
    with open(f"{RUN}/access.log") as log:
        lines = [line.split() for line in log if line.startswith("/logged ")]
    assert lines == [["/logged", "302", "unknown", "unprobed", "0"],
                     ["/logged", "200", said["band"], "ok", "1"]], lines


def no_request_is_redirected_without_end():
    for fresh in (False, True):
        path, hops, c = "/", 0, Client()
        while (answer := c.get(path)).status == 302:
            hops, path = hops + 1, answer.target
            assert hops <= 6, path
            if fresh:
                c = Client()


FACTS = [fact for name, fact in list(globals().items())
         if callable(fact) and getattr(fact, "__module__", "") == "__main__"
         and name not in ("Client", "Answer", "is_unprobed", "measured_with_an_excess")]
failed = False


def check(fact):
    global failed
    try:
        fact()
    except Exception as why:
        failed = True
        print(f"FAILED: {fact.__name__.replace('_', ' ')}: {type(why).__name__}: {why}")


waits = threading.Thread(target=check, args=(a_token_expires,)) \
    if "patient" in sys.argv else threading.Thread()
waits.start()
for fact in FACTS:
    if fact is not a_token_expires:
        check(fact)
waits.join()
print(f"{len(FACTS)} facts")
sys.exit(failed or len(FACTS) < 25)
