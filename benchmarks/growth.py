# SPDX-License-Identifier: BSL-1.0
#
# How cost grows with the connections of a host, as growth.sh starts it in a network namespace of
# its own.
#
#     growth.py BENCHMARK AROMA_TOP [--quick] N...        prints one JSON object for each N; quick:
#                                                         of few rounds
#
# N is of connections as the kernel counts them; both ends of each client's are here, so half of
# them have been accepted. Beside them are 100 accepted by one server, 50 of them in CLOSE_WAIT, for
# what filters. All times are of CPU, the kernel's work included, and no process's wait.
import contextlib
import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time

benchmark, aroma_top, quick = sys.argv[1], sys.argv[2], "--quick" in sys.argv
sizes = [int(n) for n in sys.argv[3:] if n != "--quick"]
few, half, few_port, each_process = 100, 50, 5000, 19_000


class Helper:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([benchmark, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.heard("ready")

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def heard(self, expected=None):
        line = self.process.stdout.readline()
        if not line or (expected and line.strip() != expected):
            sys.exit(f"growth.py: {self.process.args} has ended, or said: {line}")
        return [float(word) for word in line.split()] if not expected else None

    def ask(self, *words):
        self.tell(*words)
        return self.heard()


# aroma-top in a terminal of 80 x 24, which looks when a key is pressed and at no other time
class Top:
    def __init__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(aroma_top, [aroma_top, "--all", "--interval", "3600"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.screen("connections")

    def screen(self, until=""):  # its next one, to the end
        seen, deadline = b"", time.monotonic() + 60
        while True:
            wait = 0.1 if seen and until.encode() in seen else deadline - time.monotonic()
            if wait < 0 or not select.select([self.terminal], [], [], wait)[0]:
                break
            with contextlib.suppress(OSError):  # it has ended
                if data := os.read(self.terminal, 65536):
                    seen += data
                    continue
            break
        if not seen or until.encode() not in seen:
            sys.exit(f"growth.py: aroma-top shows nothing new, or no {until}: {seen[-2000:]}")

    def cpu(self):  # ns
        with open(f"/proc/{self.pid}/schedstat") as stat:
            return int(stat.read().split()[0])

    def refresh(self, key):  # one that changes the heading
        before = self.cpu()
        os.write(self.terminal, key)
        self.screen()
        return self.cpu() - before

    def memory(self):  # kB, the most that it had
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])

    def end(self):
        os.write(self.terminal, b"q")
        with contextlib.suppress(OSError):
            while os.read(self.terminal, 65536):
                pass
        if os.waitpid(self.pid, 0)[1] != 0:
            sys.exit("growth.py: aroma-top has failed")


def top(refreshes):
    with_top = Top()
    times = []
    for _ in range(refreshes):  # by each of its orders but the last, which is by peer
        times += [with_top.refresh(b"s"), with_top.refresh(b"r")]
    memory = with_top.memory()
    with_top.end()
    return statistics.median(times), memory


def ss(*filters):  # ns, and how many it showed
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(["ss", "-tinH", *filters], check=True,
                           capture_output=True).stdout.count(b"\n") // 2
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e9, shown


def by_ss(times, *filters):
    runs = [ss(*filters) for _ in range(times)]
    return statistics.median(time for time, _ in runs), runs[-1][1]


def expect(what, is_so, wanted):
    if is_so != wanted:
        sys.exit(f"growth.py: {what}: {is_so:.0f} and not {wanted}")


def measure(connections, holders, looker):
    for number in range(len(holders), -(-connections // each_process)):
        holders.append(Helper("hold", number + 1))
    for number, holder in enumerate(holders):
        until = connections * (number + 1) // len(holders) // 2 * 2
        holder.tell("open", until - connections * number // len(holders) // 2 * 2)
    for holder in holders:
        holder.heard("open")
    rounds = 11 if quick else max(21, min(201, 2_000_000 // connections))
    scores = [holder.ask("score") for holder in holders]
    (all, bare, of_port, of_state, dump, bare_dump, by_port, by_state, by_ends,
     by_peer) = looker.ask("look", rounds, few_port)
    beside = 2 * few
    # the clients of those in CLOSE_WAIT are in FIN_WAIT2, which are not asked for
    for what, is_so, wanted in (("a dump", all, connections + beside - half),
                                ("a dump by hand", bare, connections + beside - half),
                                ("by port", of_port, few), ("by state", of_state, half),
                                ("scored", sum(s[2] for s in scores), connections // 2)):
        expect(what, is_so, wanted)
    seen, names, size, record, page, page_size = looker.ask("record", 3 if quick else 11)
    expect("segments", names, 4096)
    runs = 3 if quick or connections > 50_000 else 7
    ss_all, ss_shown = by_ss(runs)
    expect("ss", ss_shown, connections + beside)
    ss_port, ss_shown = by_ss(runs, f"sport = :{few_port}")
    expect("ss by port", ss_shown, few)
    ss_state, ss_shown = by_ss(runs, "state", "close-wait")
    expect("ss by state", ss_shown, half)
    top_refresh, top_memory = top(2 if quick else 6)
    return {"connections": connections,
            "score_ns": statistics.median(s[0] for s in scores),
            "getsockopt_ns": statistics.median(s[1] for s in scores),
            "dump_ns": dump, "bare_dump_ns": bare_dump, "ss_ns": ss_all,
            "by_port_ns": by_port, "ss_by_port_ns": ss_port, "by_state_ns": by_state,
            "ss_by_state_ns": ss_state,
            "by_ends_ns": by_ends / 100, "by_peer_ns": by_peer,
            "top_refresh_ns": top_refresh, "top_memory_kb": top_memory,
            "record_ns": record, "baseline_bytes": size, "page_ns": page, "page_bytes": page_size}


def main():
    if not sizes or sizes != sorted(sizes) or min(sizes) < 500:
        sys.exit("growth.py: give numbers of connections from 500 on, the smallest first")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < each_process + 64:
        print(f"aroma: skipped: {each_process + 64} descriptors a process are needed, and this user may have {hard}")
        sys.exit(77)
    holders = [Helper("hold", 0)]
    holders[0].tell("open", 2 * few)
    holders[0].heard("open")
    holders[0].tell("half", half)
    holders[0].heard("half")
    others, looker = [], Helper("look")
    for connections in sizes:
        print(json.dumps(measure(connections, others, looker)), flush=True)


main()
