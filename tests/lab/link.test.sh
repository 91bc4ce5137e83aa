#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The link against its own promise: what it was told is what TCP measures.
#
#     link.test.sh EPOLL_SERVER AROMA_LINK
set -u
. "$(dirname "$0")/lab.sh"
lab_enter "$0" "$@" || exit 77
command -v curl >/dev/null || { echo "aroma: skipped: curl is needed"; exit 77; }
server=$1
AROMA_LINK=$2

for host in server short long jittery lossy; do lab_host $host || exit 1; done
lab_link short 10.77.1.2 server 10.77.1.1 --delay 2 || exit 1
lab_link long 10.77.2.2 server 10.77.2.1 --delay 20 || exit 1
lab_link jittery 10.77.3.2 server 10.77.3.1 --delay 20 --jitter 30 --seed 7 || exit 1
lab_link lossy 10.77.4.2 server 10.77.4.1 --delay 2 --loss 100 || exit 1
lab_on server "$server" --port 8080 >/run/server.log 2>&1 &
for _ in $(seq 100); do lab_on server curl -s -o /dev/null http://127.0.0.1:8080/ && break; sleep 0.05; done

failed=0
measure() { # host address: sets minimum and smoothed, in microseconds
    local json
    json=$(lab_on "$1" curl -s --max-time 20 "http://$2:8080/score?[1-12]" | tail -n 1)
    minimum=$(sed -n 's/.*"minimum_us":\([0-9]*\).*/\1/p' <<<"$json")
    smoothed=$(sed -n 's/.*"smoothed_us":\([0-9]*\).*/\1/p' <<<"$json")
    echo "$1: minimum $minimum us, smoothed $smoothed us"
}
expect() { if ! [ "$@" ]; then echo "FAILED: expected $*"; failed=1; fi; }

# Twice the delay, never less, and at most 2 ms more on a busy machine: the lowest of a dozen round trips.
measure short 10.77.1.1
expect "$minimum" -ge 4000
expect "$minimum" -le 6000
measure long 10.77.2.1
expect "$minimum" -ge 40000
expect "$minimum" -le 42000
straight=$smoothed

# Jitter is added on top, 0 to 30 ms each way, so the smoothed RTT rises by some 30 ms and the lowest stays within the range.
measure jittery 10.77.3.1
expect "$minimum" -ge 40000
expect "$minimum" -le 100000
expect "$smoothed" -gt $((straight + 10000))

# A link that loses everything carries nothing.
expect "$(lab_on lossy curl -s -o /dev/null --max-time 1 http://10.77.4.1:8080/ && echo answered)" = ""

# What it does not understand it refuses with its usage.
for wrong in "" "short wan0 server" "short wan0 server wan0 --delay" "short wan0 server wan0 --delay x" "short wan0 server wan0 --delay -1"; do
    # shellcheck disable=SC2086
    "$AROMA_LINK" $wrong >/run/wrong.log 2>&1
    expect $? -eq 2
    grep -q usage /run/wrong.log || { echo "FAILED: no usage for: $wrong"; failed=1; }
done
exit $failed
