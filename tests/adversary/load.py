# SPDX-License-Identifier: BSL-1.0
#
# What others send through the same proxy.
import concurrent.futures
import threading

from connection import Connection


class Load:
    """Uploads through the same proxy that fill its link to the server, one burst after another."""

    def __init__(self, place, streams=8):
        with concurrent.futures.ThreadPoolExecutor(streams) as pool:
            self.tcp = list(pool.map(lambda _: Connection(place.sink, place.proxy).tcp,
                                     range(streams)))
        self.lock = threading.Lock()
        for tcp in self.tcp:
            tcp.settimeout(5)

    def burst(self, size):
        with self.lock:
            for tcp in self.tcp:
                try:
                    tcp.send(b"\0" * (size // len(self.tcp)))
                except OSError:
                    return

    def later(self, delay, size):
        timer = threading.Timer(delay, self.burst, (size,))
        timer.daemon = True
        timer.start()

    def paced(self, pause):
        """A burst behind whatever it is called at."""
        return lambda *_: self.later(pause / 2, 110_000)

    def sustain(self, until, every=0.04):
        def run():
            while not until.wait(every):
                self.burst(int(10e6 / 8 * every))
        thread = threading.Thread(target=run, daemon=True)
        thread.start()

    def close(self):
        for tcp in self.tcp:
            tcp.close()
