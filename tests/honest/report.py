# SPDX-License-Identifier: BSL-1.0
#
# What the servers' logs (spy.hpp) say of people who are all direct: a line for each case, the falls
# of the minimum, and what is wrong; exit status 1 if anything is.
#
#     report.py [--short] RESULTS
#
# Wrong is: a connection that ends as proxy; on the links without loss, more than one that ends as
# suspicious, without those whose opening alone says so over plain HTTP; more than one that a
# counted probe has not saved, or 2 % and one on loaded links; and of the connections that answered
# three probes, fewer than 97 % that end normal or unstable (90 % on loaded links).
import collections
import glob
import json
import os
import sys

short = "--short" in sys.argv
results = sys.argv[-1]
plain_http = ("plain", "epoll_server", "threads")
unmeasured = 4294967295
never_answered = ("probe_without_token", "probe_queued", "probe_unannounced", "probe_unsent",
                  "probe_in_pieces", "probe_unanswered")


def lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


links, rtts = {}, {}
with open(f"{results}/links", encoding="utf-8") as file:
    for line in file:
        address, kind, *options = line.split()
        links[address], rtts[address] = kind, " ".join(options)

cases, errors = {}, collections.Counter()
for path in glob.glob(f"{results}/people-*.jsonl"):
    address = os.path.basename(path)[len("people-"):-len(".jsonl")]
    for person in lines(path):
        if person["error"]:
            errors[f'{person["server"]} {person["case"]} {links[address]}: {person["error"]}'] += 1
        cases[person["server"], f'{address}:{person["port"]}'] = person["case"]


class Connection:
    def __init__(self, server, peer):
        address = peer.split(":")[0]
        self.server, self.peer = server, peer
        self.link, self.rtt = links.get(address, "?"), rtts.get(address, "?")
        browsers = int(peer.split(":")[1]) >= 32768
        self.case = cases.get((server, peer), "chromium" if browsers else "(early end)")
        self.events, self.voids = [], collections.Counter()
        self.falls, self.fell = [], 0
        self.excused = 0  # the largest fall that an answer was minimum_fell for
        self.minimum = self.against = None  # of the life; when the last probe counted
        self.accused = False  # at any time after a counted probe
        self.worst = False  # a proxy at any time

    def add(self, event):
        before = self.events[-1] if self.events else {"counted": 0, "voided": 0}
        self.events.append(event)
        more = event["voided"] - before["voided"]
        if more > 0 and event["why"] not in ("ok", "no_probe"):
            self.voids[event["why"]] += 1
            more -= 1
        if more > 0:
            why = "probe_unanswered" if event["call"] == "sent" else event["last_void"]
            self.voids[why] += more
        self.fell += event["status"] == "minimum_fell"
        self.accused |= event["counted"] > 0 and event["band"] in ("suspicious", "proxy")
        self.worst |= event["band"] == "proxy"
        if 0 < event["minimum"] < unmeasured:
            self.minimum = min(self.minimum or unmeasured, event["minimum"])
        if event["status"] == "minimum_fell" and self.against:
            self.excused = max(self.excused, self.against - self.minimum)
        if event["counted"] > before["counted"]:
            if self.against:
                self.falls.append(self.against - self.minimum)
            self.against = self.minimum

    def clearing(self, noise):  # probes that have counted since the minimum last fell by more
        minimum, against, counted, clearing = unmeasured, None, 0, 0
        for event in self.events:
            if event["minimum"] > 0:
                minimum = min(minimum, event["minimum"])
            if against and minimum + noise < against:
                clearing = 0
            if event["counted"] > counted:
                clearing += event["counted"] - counted
                against, counted = minimum, event["counted"]
        return clearing

    def end(self):
        last = self.events[-1]
        self.band, self.status = last["band"], last["status"]
        self.counted, self.cleared = last["counted"], last["cleared"]
        self.answered = self.counted + sum(n for why, n in self.voids.items()
                                           if why not in never_answered)
        if self.against and self.minimum < self.against:
            self.falls.append(self.against - self.minimum)

    def text(self):
        last = self.events[-1]
        replies = [f'{e["reply"]}-{e["minimum"]}' for e in self.events
                   if e["call"] == "answered" and e["why"] == "ok"]
        return (f'{self.server} {self.case} {self.peer} ({self.link} {self.rtt}): {self.band} '
                f'{last["score"]:.3f} {self.status}, counted {self.counted}, voided '
                f'{dict(self.voids)}, opening excess {last["opening_excess"]}, reply excess '
                f'{last["reply_excess"]}, minimum {self.minimum}, smoothed {last["smoothed"]}, '
                f'{last["retransmissions"]} sent again; replies {" ".join(replies)}')


connections = []
for path in sorted(glob.glob(f"{results}/*.jsonl")):
    server = os.path.basename(path)[:-len(".jsonl")]
    if server.startswith("people-"):
        continue
    open_by_history, by_peer, waiting = {}, {}, {}
    for event in lines(path):
        key, total = event["history"], event["counted"] + event["voided"]
        known = open_by_history.get(key)
        if not event["peer"]:  # by numbers: a TLS handshake, or a probe of a known connection
            if known and known.events[-1]["counted"] + known.events[-1]["voided"] < total:
                known.add(event)
            else:
                open_by_history.pop(key, None)
                waiting[key] = [event]
            continue
        if not known or known.peer != event["peer"]:
            known = by_peer.get(event["peer"])
            if not known:
                known = by_peer[event["peer"]] = Connection(server, event["peer"])
                connections.append(known)
                for earlier in waiting.pop(key, []):
                    known.add(earlier)
            open_by_history[key] = known
        known.add(event)
connections = [c for c in connections if c.link != "?"]
for c in connections:
    c.end()

bands = "normal", "unstable", "suspicious", "proxy", "unknown"
head = (f'{"server":15}{"case":13}{"link":8}{"conn":>5}{"norm":>5}{"unst":>5}{"susp":>5}{"prox":>5}'
        f'{"unkn":>5}{"counted":>8}{"void":>5}{"clear":>6}{"fell":>5}')


def row(some, *names):
    count = collections.Counter(c.band for c in some)
    voids = sum((c.voids for c in some), collections.Counter())
    why = ", ".join(f"{name} {n}" for name, n in voids.most_common())
    print(f"{names[0]:15}{names[1]:13}{names[2]:8}{len(some):5}"
          + "".join(f"{count[band]:5}" for band in bands)
          + f"{sum(c.counted for c in some):8}{sum(voids.values()):5}"
          + f"{sum(c.cleared for c in some):6}{sum(c.fell for c in some):5}"
          + (f"  {why}" if why else ""))


print(head)
groups = collections.defaultdict(list)
for c in connections:
    groups[c.server, c.case, c.link].append(c)
for names in sorted(groups):
    row(groups[names], *names)
for link in sorted(set(links.values())):
    row([c for c in connections if c.link == link], "all", "", link)
row(connections, "all", "", "")
if errors:
    print("\nconnections that ended early, by their clients:")
    for what, n in errors.most_common(20):
        print(f"  {n} {what}")

# Falls between a counted probe and the next, or the connection's end.
constants = 1200, 2400, 5000, 10000, 20000, 50000
print("\nfalls of the minimum after a counted probe, in us, and how many are longer than "
      + ", ".join(map(str, constants)))


def falls(some, *names):
    all_falls = sorted(fall for c in some for fall in c.falls)
    if all_falls:
        last = len(all_falls) - 1
        quantiles = [all_falls[round(last * q)] for q in (0.5, 0.9, 0.99, 1)]
        print(f"{names[0]:8}{names[1]:28}{len(all_falls):6} intervals  50 % {quantiles[0]:6}  90 % "
              f"{quantiles[1]:6}  99 % {quantiles[2]:6}  max {quantiles[3]:6}  longer:"
              + "".join(f" {sum(f > limit for f in all_falls):4}" for limit in constants))


for link in sorted(set(links.values())):
    some = [c for c in connections if c.link == link]
    falls(some, link, "")
    for rtt in sorted({c.rtt for c in some}):
        falls([c for c in some if c.rtt == rtt], "", rtt)
print(f"minimum_fell was the status of {sum(c.fell for c in connections)} answers, on "
      f"{sum(c.fell > 0 for c in connections)} connections; "
      f"{sum(c.accused for c in connections)} were suspicious or worse at some time after a "
      f"counted probe")
print("\nif noise and TransportExcuse::jitter were so many us: how many of those with three "
      "counted probes have three since the last fall\n(as cleared() asks); and how many with the "
      "status minimum_fell would have been accused instead")
print(" " * 10 + "".join(f"{link:>16}" for link in sorted(set(links.values())))
      + f"{'accused':>10}")
for noise in constants:
    shares = ""
    for link in sorted(set(links.values())):
        some = [c for c in connections if c.counted >= 3 and c.link == link]
        clear = sum(c.clearing(noise) >= 3 for c in some)
        share = f"{100 * clear / len(some):.1f} % of {len(some)}" if some else "-"
        shares += f"{share:>16}"
    print(f"{noise:8}  {shares}{sum(0 < c.excused <= noise for c in connections):10}")

failures = []


def wrong(some, most, what):
    if len(some) > most:
        failures.append(f"{len(some)} {what}")
        print(f"\nFAILED: {len(some)} {what}")
    elif some:
        print(f"\nnot wrong: {len(some)} {what}")
    for c in some[:12]:
        print(f"  {c.text()}")


wrong([c for c in connections if c.band == "proxy"], 0, "direct connections end as proxy")
opening_alone = [c for c in connections if c.band == "suspicious" and c.counted == 0
                 and c.server in plain_http]
suspicious = [c for c in connections if c.band == "suspicious" and c not in opening_alone]
print(f"\n{len(opening_alone)} connections over plain HTTP are suspicious by their opening alone: "
      + ", ".join(f"{case} {link} {n}" for (case, link), n in
                  collections.Counter((c.case, c.link) for c in opening_alone).most_common()))
wrong([c for c in opening_alone if c.link in ("clean", "jitter")
       and c.case not in ("preconnect", "chromium")], 1,
      "suspicious without loss by an opening that is no preconnected one")
wrong([c for c in suspicious if c.link in ("clean", "jitter")], 1,
      "suspicious without loss")
# One answer alone may be late, by a loss or a queue, and is at most suspicious.
single = [c for c in connections if c.band == "suspicious" and c.counted == 1
          and c.link not in ("clean",)]
wrong(single, len(connections), "suspicious by a single counted probe, with loss, jitter or load")
wrong([c for c in connections if c.worst and c.band != "proxy"], len(connections),
      "called a proxy at some time, and not at their end")
accused = [c for c in connections if c.counted > 0 and c.band in ("suspicious", "proxy")
           and c not in single]
wrong([c for c in accused if c.link != "loaded"], 1, "suspicious or proxy after a counted probe")
wrong([c for c in accused if c.link == "loaded"],
      1 + sum(c.link == "loaded" for c in connections) // 50,
      "suspicious or proxy after a counted probe, on a loaded link")
for loaded, least in (False, 0.97), (True, 0.9):
    some = [c for c in connections if c.answered >= 3 and (c.link == "loaded") == loaded]
    good = sum(c.band in ("normal", "unstable") for c in some)
    what = f"{good} of {len(some)} that answered three probes end normal or unstable"
    print(f"\n{what}" + (", on loaded links" if loaded else ""))
    if some and good < least * len(some):
        failures.append(what)
        print(f"FAILED: fewer than {least:.0%}")
        for c in [c for c in some if c.band not in ("normal", "unstable")][:12]:
            print(f"  {c.text()}")
if not short and len(connections) < 1000:
    failures.append(f"only {len(connections)} connections")
if sum(errors.values()) > len(connections) / 20:
    failures.append(f"{sum(errors.values())} connections ended early")
print("\n" + ("; ".join(f"FAILED: {what}" for what in failures) or
              f"nobody is accused in {len(connections)} direct connections"))
sys.exit(bool(failures))
