#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# A server that begins to measure behind HAProxy: everybody is accused, and within 200 networks it
# warns. The same networks without HAProxy accuse nobody; and a client with 300 connections behind a
# proxy neither warns nor makes the rule stand down.
#
#     balancer.test.sh BALANCED AROMA_LINK
set -u
. "$(dirname "$0")/../support/lab.sh"
lab_enter "$0" "$@" || exit 77
server=$1
AROMA_LINK=$2
needs curl haproxy

networks=220
lab_host server && lab_host balancer && lab_host clients &&
    lab_link balancer 10.77.2.2 server 10.77.2.1 --delay 0.5 &&
    lab_link clients 10.77.3.2 balancer 10.77.3.1 --delay 30 || exit 1
for k in $(seq $networks); do ip -n clients address add "10.80.$k.2/32" dev lo; done
ip -n balancer route add 10.80.0.0/16 dev wan1 &&
    ip -n server route add 10.80.0.0/16 via 10.77.2.2 dev wan0 &&
    ip -n clients route add 10.77.2.1 via 10.77.3.1 dev wan1 &&
    lab_on balancer sysctl -qw net.ipv4.ip_forward=1 || exit 1
cat >/run/haproxy.conf <<'CONF'
defaults
 mode http
 timeout connect 10s
 timeout client 60s
 timeout server 60s
 http-reuse never
frontend f
 bind :80
 default_backend b
backend b
 option forwardfor
 server s 10.77.2.1:80
CONF
lab_on balancer haproxy -db -f /run/haproxy.conf >/run/haproxy.log 2>&1 &
lab_listens clients 10.77.3.1 80 ||
    { echo "FAILED: HAProxy does not listen: $(cat /run/haproxy.log)"; exit 1; }

serves() {
    [ -z "${running:-}" ] || { kill "$running" && wait "$running" 2>/dev/null; }
    nsenter --net=/run/netns/server "$server" --address 10.77.2.1 --port 80 >/run/said \
        2>/run/server.log &
    running=$!
    lab_listens server 10.77.2.1 80 || { echo "FAILED: no server: $(cat /run/server.log)"; exit 1; }
}
ask() { # URL [CURL-ARGUMENT...]: one visit from each network, 32 at once
    # shellcheck disable=SC2016
    seq $networks |
        lab_on clients xargs -P 32 -I% curl -sL --max-time 20 -o /dev/null --interface 10.80.%.2 \
        "$@"
}

serves
ask http://10.77.3.1/
[ "$(wc -l </run/said)" -eq $networks ] ||
    fail "$(wc -l </run/said) of $networks visits behind HAProxy"
accused=$(grep -cE ' (suspicious|proxy) ' /run/said)
[ "$accused" -ge $((networks * 97 / 100)) ] ||
    fail "of $networks networks behind HAProxy $accused are accused"
warned=$(grep -n -m 1 implausible /run/said | cut -d: -f1)
[ "${warned:-999}" -le 200 ] || fail "it warns at network ${warned:-none}"
stood=$(grep -n -m 1 stood_down /run/said | cut -d: -f1)
[ "${stood:-0}" -ge 200 ] || fail "the rule stands down at network ${stood:-none}"
echo "behind HAProxy $accused of $networks accused, warned at $warned, stood down at $stood"

serves
ask http://10.77.2.1/ --header "X-Forwarded-For: 10.80.%.2"
grep -qE ' (suspicious|proxy) |implausible' /run/said &&
    fail "without HAProxy: $(grep -m 1 -E ' (suspicious|proxy) |implausible' /run/said)"
[ "$(wc -l </run/said)" -eq $networks ] ||
    fail "$(wc -l </run/said) of $networks visits without HAProxy"
echo "without HAProxy: $(tail -n 1 /run/said)"

# Its own field stands before HAProxy's, so that it cannot be other networks than its own.
serves
lab_on clients bash -c 'for i in $(seq 20); do for k in $(seq 15); do
    curl -sL --max-time 20 -o /dev/null --interface 10.80.1.2 \
        -H "X-Forwarded-For: 10.81.$((i * 15 + k)).2" http://10.77.3.1/; done & done; wait'
[ "$(grep -c ' proxy challenge ' /run/said)" -ge 290 ] ||
    fail "one client, 300 connections: $(sort /run/said | uniq -c | sort -rn | head -n 3)"
grep -qE 'implausible|stood_down' /run/said &&
    fail "one client makes it stand down: $(grep -m 1 -E 'implausible|stood_down' /run/said)"
echo "one client: $(tail -n 1 /run/said)"
exit $failed
