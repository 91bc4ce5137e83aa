#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# One cell of the grid: a path whose truth is known, in a lab of its own, and some connections over
# it; prints each as one JSON line. The server is one of the examples, and what it saw is its own
# line, verbatim.
#
#     cell.sh KEY=VALUE...      PROGRAMS: the folder of the examples; AROMA_LINK,
#                               AROMA_EVASIVE_PROXY, LAB_CERTIFICATE, LAB_KEY
#
#     path=direct     direct, routed, nat, openvpn, or a proxy of tests/support/proxies.sh
#     client=curl     curl, curl-probes, curl-tls12, curl-resumed, curl-h2, chromium, websocket;
#                     chromium-once: a page without a redirect before it
#     near=20         RTT in ms from the server to the host that ends its TCP: the client itself if
#                     direct
#     leg=0           RTT in ms from the client to its proxy
#     jitter=0        ms one way, loss=0 percent one way, profile= of tests/support/profiles.sh: of
#                     the client's own link, whose RTT is added
#     load=           download: a browser's eight downloads fill the client's link, 10 Mbit/s down
#                     and 2 up, from before it connects;
#                     later: from some moments after; queue=200 ms is what that link holds
#     congestion=cubic, of all hosts;  n=4 connections, every other one of the half to choose on and
#                                      of the half to report on
set -u
here=$(dirname "$0")/../../tests
. "$here/support/lab.sh"
. "$here/support/proxies.sh"
. "$here/support/profiles.sh"
. "$here/support/layer3.sh"
lab_enter "$0" "$@" || exit 77

path=direct client=curl near=20 leg=0 jitter=0 loss=0 profile='' load='' queue=200 \
    congestion=cubic n=4
for argument in "$@"; do
    case $argument in
    path=* | client=* | near=* | leg=* | jitter=* | loss=* | profile=* | load=* | queue=* | \
        congestion=* | n=*) printf -v "${argument%%=*}" %s "${argument#*=}" ;;
    *) echo "aroma: a cell has no $argument" >&2; exit 2 ;;
    esac
done
[ "$load" ] || queue=0
cell=$path/$client/$congestion/$near/$leg/$jitter/$loss/${profile:--}/${load:--}/$queue
seed=$(cksum <<<"$cell${AROMA_LAB_SEED:+ $AROMA_LAB_SEED}" | cut -d ' ' -f 1)
truth=proxy
case $path in direct | routed | nat | openvpn) truth=direct ;; esac

line() { # half, "seen" or "failed", its JSON
    printf '{"cell":"%s","half":"%s","truth":"%s","path":"%s","client":"%s","congestion":"%s","near_ms":%s,"leg_ms":%s,"jitter_ms":%s,"loss_percent":%s,"profile":"%s","load":"%s","queue_ms":%s,"seed":%s,"%s":%s}\n' \
        "$cell" "$1" "$truth" "$path" "$client" "$congestion" "${near_ms:-$near}" \
        "${leg_ms:-$leg}" "$jitter" "$loss" "$profile" "$load" "$queue" "$seed" "$2" "$3"
}
half() { if [ $(($1 % 2)) -eq 1 ]; then echo choose; else echo report; fi; }
give_up() {
    line report failed \
        "\"$(tr -cd 'a-zA-Z0-9 .,:;()/_+=-' <<<"${1:-no reason given}" | cut -c 1-200)\""
    exit 0
}
halved() { awk "BEGIN { print $1 / 2 }"; }

# The client's own link: to the server, or to the router or proxy that is `near` it from the server.
access=(--jitter "$jitter" --loss "$loss" --seed $((seed % 1000000)))
[ -z "$load" ] || access+=(--rate 2:10 --queue "$queue")
distance=$near
# a router is near the server as a proxy is
[ $truth = direct ] && [ "$path" != direct ] && distance=$leg
[ $truth = direct ] || distance=$leg
if [ "$profile" ]; then
    profile_link "$profile" ||
        give_up "no profile is called $profile; there are: ${profile_names[*]}"
    access=("${profile_options[@]}" --seed $((seed % 1000000)))
    distance=$(awk "BEGIN { print $distance + $profile_rtt }")
fi
access+=(--delay "$(halved "$distance")")
near_ms=$near leg_ms=$leg # as they are
if [ "$path" = direct ]; then near_ms=$distance; else leg_ms=$distance; fi

lab_host server && lab_host client || give_up "no hosts"
if [ "$path" = direct ]; then
    lab_link client 10.77.2.2 server 10.77.1.1 "${access[@]}" || give_up "no link"
else
    lab_host near &&
        lab_link near 10.77.1.2 server 10.77.1.1 --delay "$(halved "$near")" \
        --seed $((seed % 1000000 + 1)) &&
        lab_link client 10.77.2.2 near 10.77.2.1 "${access[@]}" || give_up "no link"
fi
# what a host remembers of its last connection to a peer would make the next one another
for host in server client near; do
    [ ! -e /run/netns/$host ] || lab_on $host sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save'
done

port=8443 program=tls_server
case $client in
curl-h2) port=8444 program=http2_ping ;;
websocket) port=8445 program=websocket_ping ;;
esac
options=(--address :: --port $port --cert "$LAB_CERTIFICATE" --key "$LAB_KEY")
[ $program != tls_server ] || options+=(--json)
lab_on server "$PROGRAMS/$program" "${options[@]}" >/run/seen 2>/run/server.log &
lab_listens server 127.0.0.1 $port ||
    give_up "$program does not answer: $(tail -n 1 /run/server.log)"

via=()
case $path in
direct) ;;
routed) layer3_route client near 10.77.2.1 10.77.1.1 >/run/why || give_up "$(cat /run/why)" ;;
nat) layer3_nat client near 10.77.2.1 10.77.1.1 >/run/why || give_up "$(cat /run/why)" ;;
openvpn) layer3_openvpn client near 10.77.2.1 10.77.1.1 >/run/why || give_up "$(cat /run/why)" ;;
*) proxy_start "$path" near 10.77.2.1 client 10.77.1.1 $port >/run/why ||
    give_up "$(cat /run/why)" ;;
esac

# By route, since a network namespace may not choose among all that the kernel has.
for host in server client near; do
    [ -e /run/netns/$host ] || continue
    while read -r route; do
        # shellcheck disable=SC2086
        ip -n $host route change $route congctl "$congestion" || give_up "no $congestion"
    done < <(ip -n $host -4 route show)
done

pour() { # for so many seconds
    for _ in 1 2 3 4 5 6 7 8; do
        lab_on client timeout "$1" bash -c 'cat </dev/tcp/10.77.1.1/9000 >/dev/null' 2>/dev/null &
    done
}
if [ "$load" ]; then
    lab_on server socat -u OPEN:/dev/zero TCP-LISTEN:9000,fork,reuseaddr 2>/dev/null &
    lab_listens server 127.0.0.1 9000 || give_up "no socat"
    [ "$load" != download ] || { pour 600; sleep 3; }
fi

url=https://10.77.1.1:$port
visit() { # one client, once; what it prints is the answer
    case $client in
    curl) # where the load comes later, the client goes on asking until it has come
        { [ "$load" != later ] || { sleep 0.3; pour 5; }; } &
        lab_on client curl -skL --max-time 60 "${via[@]}" \
            "$url/$([ "$load" = later ] && echo '?[1-16]' || echo 4)"
        local status=$?
        wait $!
        [ "$load" != later ] || sleep 6
        return $status
        ;;
    curl-probes) lab_on client curl -skL --max-time 60 "${via[@]}" $url/9 ;;
    curl-tls12) lab_on client curl -skL --tls-max 1.2 --max-time 60 "${via[@]}" $url/4 ;;
    curl-resumed) lab_on client curl -sk -H 'Connection: close' --max-time 60 "${via[@]}" \
        $url/score $url/score $url/score ;;
    curl-h2) lab_on client curl -sk --http2 --max-time 60 "${via[@]}" $url/ ;;
    websocket) lab_on client "$python" "$here/support/websocket_client.py" "$LAB_CERTIFICATE" \
        $port 10.77.1.1 $(sed 's/:/ /' <<<"${via[1]:-}") ;;
    chromium*)
        # By hand, as curl's arguments are not Chromium's.
        local proxy=()
        case ${via[0]:-} in
        --socks5) proxy=(--proxy-server="socks5://${via[1]}") ;;
        --proxy) proxy=(--proxy-server="${via[1]}") ;;
        --connect-to) proxy=(--host-rules="MAP 10.77.1.1:$port ${via[1]#::}") ;;
        esac
        HOME=/run lab_on client timeout 60 chromium --headless --no-sandbox --disable-gpu \
            --ignore-certificate-errors --user-data-dir=/run/chromium.$1 \
            "${proxy[@]}" --dump-dom "$url/$([ $client = chromium-once ] && echo score || echo 4)" \
            2>/run/chromium.log
        ;;
    esac
}
if [ $client = websocket ]; then
    python_with_websockets || give_up "no websockets for Python"
fi

seen=0
for i in $(seq "$n"); do
    visit "$i" >/run/answer 2>/run/error
    status=$?
    if [ $program != tls_server ]; then
        if [ $status -eq 0 ] && jq -e .band /run/answer >/dev/null 2>&1; then
            line "$(half "$i")" seen "$(cat /run/answer)"
        else
            line "$(half "$i")" failed "\"the client ended with $status\""
        fi
        continue
    fi
    # The server's line comes when the connection has ended, through all that is between. One on
    # which nobody asked for anything, a browser's spare one above all, is not judged.
    for _ in $(seq 100); do
        [ "$(grep -c '"moment":"\(request\|redirect\)"' /run/seen)" -le $seen ] || break
        sleep 0.05
    done
    sleep 0.02
    all=$(grep -c '"moment":"\(request\|redirect\)"' /run/seen)
    [ "$all" -gt $seen ] ||
        line "$(half "$i")" failed "\"the client ended with $status, and the server saw nothing\""
    grep '"moment":"\(request\|redirect\)"' /run/seen | sed -n "$((seen + 1)),${all}p" |
        while read -r json; do
            line "$(half "$i")" seen "$json"
        done
    seen=$all
done
