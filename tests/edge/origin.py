# SPDX-License-Identifier: BSL-1.0
#
# An origin that answers with the request's headers as they came:  origin.py PORT

import http.server
import sys


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        lines = (f"{name}: {value}\n" for name, value in self.headers.items())
        body = "".join(lines).encode() + b"--\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Origin).serve_forever()
