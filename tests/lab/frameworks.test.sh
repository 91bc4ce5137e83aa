#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Every framework example with a direct client 20 ms away and one 60 ms behind a real proxy that is
# 1 ms from the server: its row of examples/README.md's table, measured.
#
#     frameworks.test.sh AROMA_LINK PROGRAM...
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
lab_enter "$0" "$@" || exit 77
AROMA_LINK=$1
shift
needs curl jq openssl microsocks tinyproxy
python_with_websockets || python=

for host in server near direct behind; do lab_host $host || exit 1; done
lab_link direct 10.77.1.2 server 10.77.1.1 --delay 10 || exit 1
lab_link near 10.77.2.2 server 10.77.2.1 --delay 0.5 || exit 1
lab_link behind 10.77.3.2 near 10.77.3.1 --delay 30 || exit 1
proxy_start microsocks near 10.77.3.1 behind 10.77.2.1 80 || exit 1
socks=("${via[@]}")
proxy_start tinyproxy near 10.77.3.1 behind 10.77.2.1 80 || exit 1
http_proxy=${via[1]}
certificate /run/cert.pem /run/key.pem || exit 1

ask() { # HOST ADDRESS [CURL-ARGUMENT...]: the assessment
    local host=$1 address=$2
    shift 2
    case $name in
    http2_ping) lab_on "$host" curl --http2 -sk --max-time 20 "$@" "https://$address:$port/" ;;
    websocket_ping)
        local proxy=${2:-}
        lab_on "$host" "$python" "$here/../support/websocket_client.py" /run/cert.pem "$port" \
            "$address" ${proxy:+"${proxy%:*}" "${proxy#*:}"}
        ;;
    grpc) lab_on "$host" env ${1:+http_proxy=$http_proxy} timeout 20 "$program" ask \
        "$address:$port" ;;
    *) lab_on "$host" curl -sL --max-time 20 "$@" "http://$address:$port/" ;;
    esac
}
row() { # WHAT EXPECTED-BANDS JSON
    local band score
    read -r band score < <(jq -r 'select(.basis == "reference_over_excess" and .status == "ok") | "\(.band) \(.score)"' <<<"$3")
    printf ' %s %.3f' "${band:-none}" "${score/null/0}"
    [[ " $2 " == *" ${band:-none} "* ]] ||
        { printf '\nFAILED: %s %s: not one of %s: %s\n' "$name" "$1" "$2" "$3"; failed=1; }
}

for program in "$@"; do
    name=$(basename "$program") options=(--port 0 --address ::)
    case $name in
    http2_ping | websocket_ping) options+=(--cert /run/cert.pem --key /run/key.pem) ;;
    esac
    [ "$name" != websocket_ping ] || [ "$python" ] ||
        { echo "$name: not tried: Python's websockets are needed"; continue; }
    : >"/run/$name.log"
    lab_on server "$program" "${options[@]}" >"/run/$name.log" 2>&1 &
    if ! port=$(listening_port "/run/$name.log" 2>/dev/null); then
        if grep -q "refuses io_uring" "/run/$name.log"; then
            echo "$name: not tried: $(cat "/run/$name.log")"
        else
            echo "FAILED: $name does not listen: $(cat "/run/$name.log")"; failed=1
        fi
        continue
    fi
    printf '%-16s direct' "$name"
    row direct "normal unstable" "$(ask direct 10.77.1.1)"
    printf '   proxied'
    row proxied "suspicious proxy" "$(ask behind 10.77.2.1 "${socks[@]}")"
    echo
done
exit $failed
