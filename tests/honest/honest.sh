#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Direct people must not be accused: they click, preconnect, reload, go back, download and upload,
# 2 to 200 ms from the server, with loss, jitter and a loaded link, on a server that only calls
# score(fd, history), and on the examples that probe. Prints a line for each case and fails if one
# is accused (report.py has the rules).
#
#     honest.sh [--short] AROMA_LINK FOLDER [RESULTS]      FOLDER has honest-server and the others;
#                                                          RESULTS keeps the logs
#
# AROMA_HONEST_SEED=N makes other people than those of 1. 6 minutes; --short: 1, without Chromium.
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/lab.sh"
. "$here/../support/playwright.sh"
# npm needs a network
[ "${AROMA_IN_LAB:-}" ] || [ "${1:-}" = --short ] || playwright_ready || true
lab_enter "$0" "$@" || exit 77
short=
[ "${1:-}" != --short ] || { short=--short; shift; }
AROMA_LINK=$1
folder=$2 results=${3:-/run/honest}
needs curl openssl python3
mkdir -p "$results" && rm -f "$results"/*.jsonl "$results/links" || exit 1

# class, RTT in ms, further options of the link; all but the RTT are of one way
paths=("clean 2" "clean 20" "clean 60" "clean 200"
    "loss 2 --loss 2" "loss 20 --loss 2" "loss 60 --loss 2" "loss 200 --loss 2"
    "jitter 20 --jitter 8" "jitter 60 --jitter 20" "jitter 20 --tail 3"
    "loss 60 --loss 2 --jitter 15"
    "loaded 20 --rate 2:10 --queue 100" "loaded 60 --rate 2:10 --queue 100")
how_many=1 at_a_time=4
if [ "$short" ]; then
    paths=("clean 2" "clean 60" "loss 20 --loss 2" "jitter 60 --jitter 20"
        "loaded 20 --rate 2:10 --queue 100")
    how_many=0.35 at_a_time=6
fi

lab_host server || exit 1
for i in "${!paths[@]}"; do
    read -r class rtt options <<<"${paths[i]}"
    lab_host "home$i" || exit 1
    # shellcheck disable=SC2086
    lab_link "home$i" "10.77.$i.2" server "10.77.$i.1" --delay "$(awk "BEGIN { print $rtt / 2 }")" \
        --seed $((i + 1)) $options || exit 1
    # what a host remembers of its last connection would make the next one another
    lab_on "home$i" sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save'
    echo "10.77.$i.2 $class ${paths[i]#* }" >>"$results/links"
done
lab_on server sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save'

certificate /run/cert.pem /run/key.pem || exit 1
tls=(--cert /run/cert.pem --key /run/key.pem)
serve() { # NAME PROGRAM PORT [ARGUMENT...]
    local name=$1 program=$folder/$2 port=$3
    shift 3
    [ -x "$program" ] || { echo "$name: not tried: it is not built here"; return; }
    AROMA_HONEST_LOG=$results/$name.jsonl lab_on server "$program" "$@" >/dev/null \
        2>"/run/$name.log" &
    lab_listens server 127.0.0.1 "$port" ||
        { echo "FAILED: $name does not listen: $(cat "/run/$name.log")"; exit 1; }
    servers+=,$name:$port
}
servers=
serve plain honest-server 9000 9000
serve epoll_server honest-epoll_server 9001 --address :: --port 9001
serve threads honest-framework-threads 9002 --address :: --port 9002
serve tls_server honest-tls_server 9443 --address :: --port 9443 "${tls[@]}"
serve http2_ping honest-http2_ping 9444 --address :: --port 9444 "${tls[@]}"
serve websocket_ping honest-websocket_ping 9445 --address :: --port 9445 "${tls[@]}"
serve demo honest-demo 9446 --address :: --port 9446

seed=${AROMA_HONEST_SEED:-1} running=()
for i in "${!paths[@]}"; do
    loaded=()
    [[ ${paths[i]} != loaded* ]] || loaded=(loaded)
    lab_on "home$i" timeout -k 5 900 python3 "$here/people.py" "$results/people-10.77.$i.2.jsonl" \
        "10.77.$i.1" "10.77.$i.2" "$how_many" "$at_a_time" "$seed" "${servers#,}" \
        "${loaded[@]}" &
    running+=($!)
done
for each in "${running[@]}"; do
    wait "$each" || fail "people.py ends with $?"
done

# Behind them, since a browser's start is a load.
if [ "$short" ]; then
    :
elif why=$(playwright_ready); then
    playwright_ready
    for i in 1 5 8 12; do # clean, loss, jitter, loaded
        lab_on "home$i" env HOME=/run timeout -k 5 180 node "$here/browse.mjs" \
            "$playwright_folder" "$browser" "10.77.$i.1" "${servers#,}" ||
            echo "home$i: Chromium ends with $?"
    done
else
    echo "Chromium: not tried: $why"
fi
sleep 1
python3 "$here/report.py" $short "$results" || failed=1
exit $failed
