#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Recalibration for a network with 20 ms of jitter on every packet: of direct clients, judged by one
# TLS exchange each, the published thresholds call far more suspicious than is wanted. Thresholds
# from every other connection keep the rates asked for on the rest, and a client 60 ms behind
# microsocks is seen still.
#
#     calibrated.test.sh TLS_SERVER AROMA_LINK AROMA_CALIBRATE
set -u
. "$(dirname "$0")/../support/lab.sh"
. "$(dirname "$0")/../support/proxies.sh"
lab_enter "$0" "$@" || exit 77
server=$1
AROMA_LINK=$2
calibrate=$3
needs curl openssl jq

lab_host server && lab_host client && lab_host near && lab_host far &&
    lab_link client 10.77.1.2 server 10.77.1.1 --delay 10 --jitter 20 --seed 5 &&
    lab_link near 10.77.2.2 server 10.77.2.1 --delay 0.5 &&
    lab_link far 10.77.3.2 near 10.77.3.1 --delay 30 && proxy_certificate || exit 1
lab_on server "$server" --address :: --port 8443 --cert /run/proxy.crt --key /run/proxy.key --json \
    >/run/server.log 2>&1 &
lab_listens server 127.0.0.1 8443 ||
    { echo "FAILED: the server does not answer: $(cat /run/server.log)"; exit 1; }

# As lab_visits; the score of each connection's TLS exchange, into standard output as JSON lines.
scores() {
    local before waited=0
    before=$(wc -l </run/server.log)
    lab_visits "$@"
    until [ $(($(wc -l </run/server.log) - before)) -ge $(($3 * $4)) ] ||
        [ $((waited++)) -ge 100 ]; do sleep 0.05; done
    tail -n +$((before + 1)) /run/server.log | jq -c 'select(any(.moments[]; .moment == "tls")) | {score: (.moments[] | select(.moment == "tls") | .score)}'
}

scores client https://10.77.1.1:8443/score 8 50 >/run/direct
awk 'NR % 2 == 1' /run/direct >/run/half
awk 'NR % 2 == 0' /run/direct >/run/other
[ "$(wc -l </run/other)" -ge 180 ] || fail "$(wc -l </run/direct) of 400 connections"

# Proxy, suspicious or worse, unstable or worse: of 200 connections 149, 59 and 29 are needed.
wanted=(0.02 0.05 0.1)
"$calibrate" --rates 0.02,0.05,0.1 --segment jitter -o /run/thresholds /run/half || exit 1
read -r -a edges < <(awk '$1 == "jitter" || $1 == "*" { line = $4 " " $3 " " $2 } END { print line }' /run/thresholds)
published=(0.1 0.3 0.7)
below() {
    jq -s --argjson edge "$1" 'map(select(.score != null and .score < $edge)) | length' "$2"
}
known=$(jq -s 'map(select(.score != null)) | length' /run/other)
for i in 0 1 2; do
    # A sample of the rate itself may have so many: the rate, and four standard deviations.
    most=$(awk -v n="$known" -v p="${wanted[i]}" \
        'BEGIN { print int(n * p + 4 * sqrt(n * p * (1 - p))) }')
    with=$(below "${edges[i]}" /run/other)
    without=$(below "${published[i]}" /run/other)
    echo "of $known other connections, $with are below ${edges[i]}, wanted are ${wanted[i]} of" \
        "them; below the published ${published[i]} are $without"
    [ "$with" -le "$most" ] ||
        fail "$with of $known direct connections are below ${edges[i]}: more than $most"
done
[ "$(below 0.7 /run/other)" -gt $((known / 5)) ] || fail "this network needs no calibration"

if proxy_start microsocks near 10.77.3.1 far 10.77.2.1 8443 >/run/why; then
    scores far https://10.77.2.1:8443/score 1 8 "${via[@]}" >/run/far
    seen=$(below "${edges[1]}" /run/far)
    echo "of $(wc -l </run/far) connections from 60 ms behind microsocks, $seen are suspicious" \
        "or worse"
    [ "$seen" -ge 7 ] || fail "a client behind microsocks is seen no more: $(paste -sd' ' /run/far)"
else
    echo "behind microsocks: not tried: $(cat /run/why)"
fi
exit $failed
