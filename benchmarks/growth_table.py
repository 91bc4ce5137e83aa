# SPDX-License-Identifier: BSL-1.0
#
# What growth.py has measured, one JSON object a line on standard input, as a table of Markdown;
# with --data as columns for growth.gnuplot.
import json
import sys

runs = [json.loads(line) for line in sys.stdin]
if not runs:
    sys.exit("growth_table.py: there is nothing on standard input")
if "--data" in sys.argv[1:]:
    names = ["connections", "dump_ns", "bare_dump_ns", "ss_ns", "by_port_ns", "ss_by_port_ns",
             "top_refresh_ns"]
    print("#", *names)
    for run in runs:
        print(*(run[name] for name in names))
    sys.exit()


def rounded(number):  # to three digits
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:,.{digits}f}"


def time(ns):
    for unit, of_it in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if ns >= of_it:
            return f"{rounded(ns / of_it)} {unit}"
    return f"{ns:.0f} ns"


def memory(size):
    return f"{size / 1e6:.1f} MB"


def each(name, shown):  # from the second run to the last
    first, last = runs[min(1, len(runs) - 1)], runs[-1]
    more = last["connections"] - first["connections"]
    return shown((last[name] - first[name]) / more) if more else ""


def times(name):
    return f"x {runs[-1][name] / runs[0][name]:.2f}"


last = f"each more, from {runs[min(1, len(runs) - 1)]['connections']:,} on"
print("| CPU of | " + " | ".join(f"{run['connections']:,}" for run in runs) + f" | {last} |")
print("|---|" + "---:|" * (len(runs) + 1))
for title, name in (("all of them by `for_each_connection()`, scored", "dump_ns"),
                    ("the same dump by hand, unguarded", "bare_dump_ns"), ("`ss -tin`", "ss_ns"),
                    ("100 of them by their local port", "by_port_ns"),
                    ("`ss -tin sport = :PORT`", "ss_by_port_ns"),
                    ("50 of them by their state", "by_state_ns"),
                    ("`ss -tin state close-wait`", "ss_by_state_ns"),
                    ("one by its peer alone", "by_peer_ns"),
                    ("a refresh of `aroma-top --all`", "top_refresh_ns")):
    print(f"| {title} | " + " | ".join(time(run[name]) for run in runs)
          + f" | {each(name, lambda ns: f'{ns:,.0f} ns')} |")
for title, name in (("`score(fd)`, each", "score_ns"),
    ("a getsockopt and a division by hand, each", "getsockopt_ns"),
    ("`read(endpoints, socket)`, one", "by_ends_ns"),
                    ("a name found among 4,096 segments, and a record", "record_ns"),
                    ("the Prometheus page of 4,096 segments", "page_ns")):
    print(f"| {title} | " + " | ".join(time(run[name]) for run in runs) + f" | {times(name)} |")
for title, name, unit in (("memory of `aroma-top`, at most", "top_memory_kb", 1024),
                          ("the baseline's, 4,096 segments", "baseline_bytes", 1),
                          ("the page's length", "page_bytes", 1)):
    print(f"| {title} | " + " | ".join(memory(run[name] * unit) for run in runs)
          + f" | {times(name)} |")
