#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# tls_server, whose history has the handshake and some redirects: through every real proxy there is,
# with a client 40 ms behind it, suspicious or proxy; for a direct client from 1 to 200 ms away,
# with jitter and loss too, and for one over a router, a NAT or a VPN, normal or unstable. Of the
# proxies that defend themselves, all but those that withhold their ACKs are seen.
#
#     cross_layer.test.sh TLS_SERVER AROMA_LINK AROMA_EVASIVE_PROXY
set -u
. "$(dirname "$0")/../support/lab.sh"
. "$(dirname "$0")/../support/proxies.sh"
. "$(dirname "$0")/../support/layer3.sh"
lab_enter "$0" "$@" || exit 77
server=$1
AROMA_LINK=$2
AROMA_EVASIVE_PROXY=$3
needs curl jq openssl
tried=0

lab_host server && lab_host near && lab_host client &&
    lab_link near 10.77.1.2 server 10.77.1.1 --delay 0.5 &&
    lab_link client 10.77.2.2 near 10.77.2.1 --delay 20 && proxy_certificate || exit 1
lab_on server "$server" --address :: --port 8443 --cert /run/proxy.crt --key /run/proxy.key --json \
    >/run/server.log 2>&1 &
lab_listens server 127.0.0.1 8443 ||
    { echo "FAILED: the server does not answer: $(cat /run/server.log)"; exit 1; }

# Host, address, the bands that may be, how many redirects, curl's arguments.
check() {
    local host=$1 what=$2 address=$3 bands=$4 redirects=$5 json band
    shift 5
    json=$(lab_on "$host" curl -skL --max-time 60 "$@" "https://$address:8443/?[1-$redirects]" |
        tail -n 1)
    band=$(jq -r '.band // empty' <<<"$json")
    # Each exchange's score, or why its probe is void.
    printf '%-44s %-11s %s\n' "$what" "$band" "$(
        jq -r '.moments[] | select(.moment | IN("opening", "tls", "redirect")) |
            "\(.moment[:1]) \(.score // .status | tostring | if test("^[0-9]") then .[:5] else . end)"' <<<"$json" |
            tr '\n' ' '
    )"
    one_of "$band" "$bands" "$what"
}

for proxy in "${proxy_names[@]}" "${proxy_names_evasive[@]}"; do
    case $proxy in
    # The server's retransmissions void probes, more or less.
    evasive-hold-acks) bands="normal unstable suspicious proxy unknown" ;;
    # TCP itself then measures the whole way to the client: docs/limits.md says so.
    evasive-hold-all-acks) bands="normal unstable" ;;
    *) bands="suspicious proxy" ;;
    esac
    if proxy_start "$proxy" near 10.77.2.1 client 10.77.1.1 8443 >/run/why; then
        check client "behind $proxy, 40 ms" 10.77.1.1 "$bands" 3 "${via[@]}"
        tried=$((tried + 1))
    elif [[ $(cat /run/why) == "no "* ]]; then
        echo "behind $proxy: not tried: $(cat /run/why)"
    else
        echo "FAILED: $proxy: $(cat /run/why)"
        failed=1
    fi
done

number=10
while read -r delay options; do
    lab_host "d$number" &&
        lab_link "d$number" 10.77.$number.2 server 10.77.$number.1 --delay "$delay" $options ||
        exit 1
    check "d$number" "direct, RTT $(awk "BEGIN { print 2 * $delay }") ms $options" 10.77.$number.1 \
        "normal unstable" 8
    number=$((number + 1))
done <<'PATHS'
0.5
2.5
10
30
100
2.5 --jitter 2.5
10 --jitter 10 --seed 2
10 --jitter 20 --loss 1 --seed 3
50 --jitter 20 --loss 1 --seed 4
PATHS

number=0
for way in route nat openvpn; do
    lab_host $way &&
        lab_link $way 10.77.3.$((number + 2)) near 10.77.3.$((number + 1)) --delay 20 || exit 1
    if layer3_$way $way near 10.77.3.$((number + 1)) 10.77.1.1 >/run/why; then
        check $way "over $way, 40 ms" 10.77.1.1 "normal unstable" 4
    elif [[ $(cat /run/why) == "no "* ]]; then
        echo "over $way: not tried: $(cat /run/why)"
    else
        echo "FAILED: $way: $(cat /run/why)"
        failed=1
    fi
    number=$((number + 2))
done

[ $tried -gt 0 ] || skip "none of the proxies is installed: ${proxy_packages[*]}"
exit $failed
