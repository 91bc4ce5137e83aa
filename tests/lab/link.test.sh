#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The link against its own promise: what it was told is what TCP measures.
#
#     link.test.sh EPOLL_SERVER AROMA_LINK
set -u
. "$(dirname "$0")/../support/lab.sh"
lab_enter "$0" "$@" || exit 77
needs curl jq
server=$1
AROMA_LINK=$2

for host in server short long jittery lossy; do lab_host $host || exit 1; done
lab_link short 10.77.1.2 server 10.77.1.1 --delay 2 || exit 1
lab_link long 10.77.2.2 server 10.77.2.1 --delay 20 || exit 1
lab_link jittery 10.77.3.2 server 10.77.3.1 --delay 20 --jitter 30 --seed 7 || exit 1
lab_link lossy 10.77.4.2 server 10.77.4.1 --delay 2 --loss 100 || exit 1
lab_on server "$server" --address :: --port 8080 >/run/server.log 2>&1 &
lab_listens server 127.0.0.1 8080

measure() { # host address: sets minimum and smoothed, in microseconds
    local json
    json=$(lab_on "$1" curl -s --max-time 20 "http://$2:8080/score?[1-12]" | tail -n 1)
    read -r minimum smoothed < <(jq -r '"\(.minimum_us) \(.smoothed_us)"' <<<"$json")
    echo "$1: minimum $minimum us, smoothed $smoothed us"
}

# Twice the delay, never less, and at most 2 ms more on a busy machine: the lowest of a dozen round
# trips.
measure short 10.77.1.1
holds "$minimum >= 4000"
holds "$minimum <= 6000"
measure long 10.77.2.1
holds "$minimum >= 40000"
holds "$minimum <= 42000"
straight=$smoothed

# Jitter is added on top, 0 to 30 ms each way, so the smoothed RTT rises by some 30 ms and the
# lowest stays within the range.
measure jittery 10.77.3.1
holds "$minimum >= 40000"
holds "$minimum <= 100000"
holds "$smoothed > $((straight + 10000))"

# A link that loses everything carries nothing.
not lab_on lossy curl -s -o /dev/null --max-time 1 http://10.77.4.1:8080/ ||
    fail "it carries something"

# A rate is a rate, each way its own, and what comes behind a full queue waits for as long as that
# takes to drain.
if command -v socat >/dev/null; then
    lab_host slow && lab_link slow 10.77.5.2 server 10.77.5.1 --delay 2 --rate 2:8 --queue 50:300 ||
        exit 1
    for host in server slow; do
        lab_on $host socat -u OPEN:/dev/zero TCP-LISTEN:9000,fork,reuseaddr 2>/dev/null &
    done
    lab_listens server 127.0.0.1 9000 && lab_listens server 10.77.5.2 9000
    sleep 1
    receive() { # host, whom from, bytes: sets took, in milliseconds
        local begun
        begun=$(date +%s%N)
        lab_on "$1" bash -c "head -c $3 </dev/tcp/$2/9000 >/dev/null"
        took=$((($(date +%s%N) - begun) / 1000000))
    }
    connect() { # the median of nine handshakes, in microseconds
        for _ in 1 2 3 4 5 6 7 8 9; do
            lab_on slow curl -s -o /dev/null -w '%{time_connect}\n' http://10.77.5.1:8080/
        done | sort -n | awk 'NR == 5 { printf "%d\n", $1 * 1e6 }'
    }
    receive slow 10.77.5.1 1500000
    echo "slow: 1.5 MB at 8 Mbit/s took $took ms"
    holds "$took >= 1500"
    holds "$took <= 3000"
    receive server 10.77.5.2 400000
    echo "slow: 0.4 MB at 2 Mbit/s took $took ms"
    holds "$took >= 1600"
    holds "$took <= 3200"
    idle=$(connect)
    for _ in 1 2 3 4 5 6 7 8; do
        lab_on slow timeout 8 bash -c 'cat </dev/tcp/10.77.5.1/9000 >/dev/null' &
    done
    sleep 2
    full=$(connect)
    echo "slow: a handshake takes $idle us idle, $full us behind eight downloads"
    holds "$idle < 20000"
    holds "$full > 100000"
    holds "$full < 330000"
else
    echo "rate and queue: not tried: no socat"
fi

# What it does not understand it refuses with its usage.
for wrong in "" "short wan0 server" "short wan0 server wan0 --delay" \
    "short wan0 server wan0 --delay x" "short wan0 server wan0 --delay -1" \
    "short wan0 server wan0 --delay 1:" "short wan0 server wan0 --delay 1:2:3" \
    "short wan0 server wan0 --delay inf" "short wan0 server wan0 --dely 1" \
    "short wan0 server wan0 --loss 101"; do
    # shellcheck disable=SC2086
    "$AROMA_LINK" $wrong >/run/wrong.log 2>&1
    holds "$? == 2" "$wrong"
    grep -q usage /run/wrong.log || fail "no usage for: $wrong"
done
"$AROMA_LINK" --help | grep -q usage || fail "no --help"
exit $failed
