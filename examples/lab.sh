#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# epoll_server scoring clients on paths whose truth is known: direct ones, and ones behind a real proxy. Ends by itself.
# ./examples/run.sh lab builds what it needs and calls it:
#
#     lab.sh EPOLL_SERVER AROMA_LINK
set -u
. "$(dirname "$0")/../tests/lab/lab.sh"
lab_enter "$0" "$@" || exit 77
server=$1
AROMA_LINK=$2
for tool in curl microsocks; do
    command -v $tool >/dev/null || { echo "aroma: skipped: no lab here: $tool is needed (package $tool)"; exit 77; }
done

# server ---- near ---- clients behind the proxy `near`, which is 1 ms from the server
#        ---- direct clients
for host in server near home office far wifi; do lab_host $host || exit 1; done
lab_link home 10.77.1.2 server 10.77.1.1 --delay 10 || exit 1
lab_link wifi 10.77.2.2 server 10.77.2.1 --delay 5 --jitter 20 || exit 1
lab_link near 10.77.3.2 server 10.77.3.1 --delay 0.5 || exit 1
lab_link office 10.77.4.2 near 10.77.4.1 --delay 10 || exit 1
lab_link far 10.77.5.2 near 10.77.5.1 --delay 30 || exit 1

lab_on server "$server" --port 8080 >/run/server.log 2>&1 &
lab_on near microsocks -p 1080 >/run/proxy.log 2>&1 &
for _ in $(seq 100); do
    lab_on server curl -s -o /dev/null http://127.0.0.1:8080/ && lab_on office curl -s -o /dev/null --socks5 10.77.4.1:1080 http://10.77.3.1:8080/ && break
    sleep 0.05
done || { echo "aroma: the server or the proxy does not answer: $(cat /run/server.log /run/proxy.log)" >&2; exit 1; }

# Eight requests over one connection, as a browser sends them; what the server says when the last has arrived.
row() {
    local host=$1 truth=$2 address=$3 json field
    shift 3
    json=$(lab_on "$host" curl -s --max-time 20 "$@" "http://$address:8080/score?[1-8]" | tail -n 1)
    field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" <<<"$json"; }
    printf '%-8s %-47s %8.1f %9.1f %7.3f  %s\n' "$host" "$truth" "$(field minimum_us)e-3" "$(field smoothed_us)e-3" "$(field score)" "$(field band)"
}
printf '%-8s %-47s %8s %9s %7s  %s\n' client "the path, in truth" "min ms" "smoothed" score band
row home "direct, RTT 20 ms" 10.77.1.1
row wifi "direct, RTT 10 ms and up to 40 ms of jitter" 10.77.2.1
row office "behind microsocks: 20 ms to the proxy, 1 ms on" 10.77.3.1 --socks5 10.77.4.1:1080
row far "behind microsocks: 60 ms to the proxy, 1 ms on" 10.77.3.1 --socks5 10.77.5.1:1080
cat <<'END'

The last row is no mistake of the server's. A Linux proxy holds back its ACKs only while its client answers within 40 ms; for one
farther off it acknowledges at once, and TCP's own two numbers then know nothing of the client.
END
