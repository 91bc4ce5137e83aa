#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# tls_server scoring clients on paths whose truth is known, direct ones and ones behind real
# proxies: each one's TCP ratio, and the assessment of its history. Ends by itself.
# ./examples/run.sh lab builds what it needs and calls it:
#
#     lab.sh TLS_SERVER AROMA_LINK
set -u
. "$(dirname "$0")/../tests/support/lab.sh"
. "$(dirname "$0")/../tests/support/proxies.sh"
lab_enter "$0" "$@" || exit 77
server=$1
AROMA_LINK=$2
needs curl openssl microsocks

# server ---- near ---- clients behind the proxies on the host `near`, which is 1 ms from the server
#        ---- direct clients, one of them over a router, as a VPN would carry it
for host in server near home wifi router routed office far; do lab_host $host || exit 1; done
lab_link home 10.77.1.2 server 10.77.1.1 --delay 10 || exit 1
lab_link wifi 10.77.2.2 server 10.77.2.1 --delay 5 --jitter 20 || exit 1
lab_link router 10.77.3.2 server 10.77.3.1 --delay 0.5 &&
    lab_link routed 10.77.4.2 router 10.77.4.1 --delay 30 &&
    lab_on router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' &&
    ip -n routed route add 10.77.3.1 via 10.77.4.1 &&
    ip -n server route add 10.77.4.2 via 10.77.3.2 || exit 1
lab_link near 10.77.5.2 server 10.77.5.1 --delay 0.5 || exit 1
lab_link office 10.77.6.2 near 10.77.6.1 --delay 10 || exit 1
lab_link far 10.77.7.2 near 10.77.7.1 --delay 30 || exit 1

proxy_certificate || { echo "aroma: cannot make a certificate" >&2; exit 1; }
lab_on server "$server" --address :: --port 8443 --cert /run/proxy.crt --key /run/proxy.key --json \
    >/run/server.log 2>&1 &
lab_listens server 127.0.0.1 8443 ||
    { echo "aroma: the server does not answer: $(cat /run/server.log)" >&2; exit 1; }

# A TLS handshake and eight redirects over one connection; the assessment at the last request.
row() {
    local host=$1 truth=$2 address=$3 json last score band
    shift 3
    json=$(lab_on "$host" curl -skL --max-time 20 "$@" "https://$address:8443/?[1-8]" | tail -n 1)
    last='.*"band":"\([a-z]*\)","score":\([^,]*\),"basis":"min_over_smoothed".*'
    read -r band score < <(sed -n "s/$last/\1 \2/p" <<<"$json")
    printf '%-8s %-52s %6.3f %-11s' "$host" "$truth" "${score:-0}" "${band:-unknown}"
    read -r band score < <(sed -n 's/^{"band":"\([a-z]*\)","score":\([^,]*\),.*/\1 \2/p' <<<"$json")
    printf '%6.3f %s\n' "${score:-0}" "${band:-unknown}"
}
behind() { # host, what is said of it, its address for the proxy, proxy
    proxy_start "$4" near "$3" "$1" 10.77.5.1 8443 >/run/why ||
        { echo "$1: $4: skipped: $(cat /run/why)"; return; }
    row "$1" "behind $4: $2 from it, 1 ms on" 10.77.5.1 "${via[@]}"
}
printf '%-8s %-52s %-18s%s\n' client "the path, in truth" "TCP's ratio" "cross-layer RTT"
row home "direct, RTT 20 ms" 10.77.1.1
row wifi "direct, RTT 10 ms and up to 40 ms of jitter" 10.77.2.1
row routed "direct, over a router as over a VPN, RTT 61 ms" 10.77.3.1
behind office "20 ms" 10.77.6.1 microsocks
for proxy in microsocks socat haproxy; do
    behind far "60 ms" 10.77.7.1 $proxy
done
