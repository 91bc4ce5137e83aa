#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Two servers, their clients 20 and 60 ms away and behind a proxy, and a real Prometheus that
# scrapes both: what it has counted is what the servers' own baselines have, and the thresholds from
# its answers are those from the merged baselines, within a bucket.
#
#     fleet.test.sh DEMO AROMA_LINK AROMA_CALIBRATE FLEET
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
lab_enter "$0" "$@" || exit 77
demo=$1 calibrate=$3 fleet=$4
AROMA_LINK=$2
needs curl jq prometheus promtool python3

for host in cdg fra monitor home away near far; do lab_host $host || exit 1; done
lab_link home 10.77.1.2 cdg 10.77.1.1 --delay 10 --jitter 20 --seed 5 &&
    lab_link away 10.77.2.2 fra 10.77.2.1 --delay 30 --jitter 5 --seed 6 &&
    lab_link monitor 10.77.3.2 cdg 10.77.3.1 --delay 1 &&
    lab_link monitor 10.77.4.2 fra 10.77.4.1 --delay 1 &&
    lab_link near 10.77.5.2 fra 10.77.5.1 --delay 0.5 &&
    lab_link far 10.77.6.2 near 10.77.6.1 --delay 30 || exit 1

declare -A server
for pop in cdg fra; do
    : >/run/$pop.log
    lab_on $pop "$demo" --address :: --port 8443 --segment $pop/lan --baseline /run/$pop.baseline \
        2>/run/$pop.log &
    server[$pop]=$!
    listening_port /run/$pop.log >/dev/null || exit 1
done

# The fleet's own configuration, but for its targets and its pace.
mkdir /run/prometheus && cp "$fleet"/*.yml /run/prometheus && cd /run/prometheus || exit 1
sed -i -E 's/: 1m$/: 1s/; s/cdg-1[^]]*/10.77.3.1:8443/; s/fra-1[^]]*/10.77.4.1:8443/' prometheus.yml
grep -q '10.77.3.1:8443' prometheus.yml && grep -q 'scrape_interval: 1s' prometheus.yml ||
    { echo "FAILED: the configuration has changed"; exit 1; }
lab_on monitor prometheus --config.file prometheus.yml --storage.tsdb.path data \
    --web.listen-address 127.0.0.1:9090 >/run/prometheus.log 2>&1 &
ask() {
    lab_on monitor curl -s --get --max-time 10 --data-urlencode "query=$1" \
        http://127.0.0.1:9090/api/v1/query
}
value() { ask "$1" | jq -r '.data.result[0].value[1] // "none"'; }
wait_for() { # QUERY VALUE: within twenty seconds
    local waited=0
    until [ "$(value "$1")" = "$2" ]; do
        [ $((waited++)) -lt 80 ] ||
            { fail "$1 is $(value "$1"), and not $2: $(tail -n 2 /run/prometheus.log)"; return 1; }
        sleep 0.25
    done
}
wait_for 'count(aroma_score_count == 0)' 2 || exit 1 # both scraped, before anybody came

# As many as let a bound's rank stay as it is by the one connection more that Prometheus' own makes
# in the baseline.
lab_visits home https://10.77.1.1:8443/score 8 41 &
visits=$!
lab_visits away https://10.77.2.1:8443/score 4 40
if proxy_start microsocks near 10.77.6.1 far 10.77.5.1 8443 >/run/why; then
    lab_visits far https://10.77.5.1:8443/score 1 8 "${via[@]}"
fi
wait $visits
# All of them, once their connections have ended; Prometheus' own is kept open, and is not among
# them.
wait_for 'sum(aroma_score_count)' 496
sleep 3 # and the rules have had their turn since

# One moment: all the buckets as Prometheus has them, then the servers' own.
ask 'sum by (pop, segment, le) (increase(aroma_score_bucket[1d]))' >/run/increase
now=$(date +%s)
ask "sum by (pop, segment, le) (aroma_score_bucket @ $now)" >/run/buckets
ask "aroma:threshold:suspicious_below @ $now" >/run/thresholds
pkill -TERM -x demo # the lab's own: it has its process numbers to itself
wait "${server[@]}" || fail "a server did not end well: $(cat /run/cdg.log /run/fra.log)"

python3 - /run/buckets /run/thresholds /run/cdg.baseline /run/fra.baseline <<'PYTHON' || failed=1
import json, sys
buckets, thresholds, *files = sys.argv[1:]
def told(file):
    answer = json.load(open(file))
    assert answer["status"] == "success" and answer["data"]["result"], answer
    return answer["data"]["result"]
failed = False
for pop, file in zip(("cdg", "fra"), files):
    scores = {}
    for line in open(file):
        if line.startswith("scores "):
            for pair in line.split()[1:]:
                edge, count = pair.split(":")
                scores[int(edge)] = int(count)
    prometheus = {float(s["metric"]["le"]): float(s["value"][1]) for s in told(buckets) if s["metric"]["pop"] == pop}
    edges = sorted(prometheus)
    # Prometheus' own connection ends after its last look, and is near and direct.
    for edge in edges[:-2]:
        below = sum(count for at, count in scores.items() if at < 1000 * edge - 1e-9)
        if not prometheus[edge] <= below <= prometheus[edge] + 1:
            print(f"FAILED: {pop}: below {edge} are {below} in the baseline and {prometheus[edge]} in Prometheus")
            failed = True
    total, seen = sum(scores.values()), 0
    for at in sorted(scores):
        seen += scores[at]
        if seen >= 0.01 * total:
            quantile = at / 1000
            break
    recorded = [float(s["value"][1]) for s in told(thresholds) if s["metric"]["pop"] == pop][0]
    capped = min(quantile, 0.3)
    lower = max([0] + [e for e in edges if e <= capped])
    upper = min(e for e in edges if e > capped)
    print(f"{pop}: {total} connections; 1 % lie below {quantile} by the baseline, below {recorded:.3f} by Prometheus (not above 0.3)")
    if not lower - 1e-9 <= recorded <= upper + 1e-9:
        print(f"FAILED: {pop}: not within [{lower}, {upper}]")
        failed = True
sys.exit(failed)
PYTHON

# From Prometheus' answer and from the merged baselines: the same edges, or lower by at most a
# bucket.
rates=0.02,0.05,0.1
"$calibrate" --rates $rates -o /run/by-baselines /run/cdg.baseline /run/fra.baseline >/run/table &&
    "$calibrate" --rates $rates -o /run/by-prometheus /run/buckets >/dev/null ||
    fail "aroma-calibrate refuses its input"
cat /run/by-baselines
"$calibrate" --rates $rates -o /run/by-increase --segment all /run/increase >/dev/null ||
    fail "aroma-calibrate refuses what increase() extrapolates"
python3 - /run/by-baselines /run/by-prometheus <<'PYTHON' || failed=1
import sys
edges = [0] + [n / 100 for n in range(1, 11)] + [n / 100 for n in range(12, 32, 2)]
edges += [n / 100 for n in range(35, 105, 5)]
def rows(file):
    found = {}
    for line in open(file):
        words = line.split()
        if len(words) == 4 and words[0] != "#":
            found[words[0]] = [float(w) for w in words[1:]]
    return found
exact, told = map(rows, sys.argv[1:])
failed = False
for name in sorted(set(exact) | set(told)):
    a, b = exact.get(name, exact["*"]), told.get(name, told["*"])
    for x, y in zip(a, b):
        bucket = min((high - low for low, high in zip(edges, edges[1:])
                      if low <= x <= high), default=0.05)
        ok = x - max(bucket, 0.05) - 1e-9 <= y <= x + 0.002 + 1e-9
        print(f"{name}: {x} by baselines, {y} by Prometheus{'' if ok else '  FAILED'}")
        failed |= not ok
sys.exit(failed)
PYTHON
exit $failed
