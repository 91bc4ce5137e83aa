#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Requests a second of stock nginx with the module and without: over TLS on kept-alive connections,
# over TLS with a new connection for each request, and over plain HTTP with redirects as probes. Two
# servers of one worker each, on a loopback of their own, take turns: the table of docs/nginx.md.
# With the module each request is measured, and its band, score and status are logged. Needs root.
#
#     ./benchmarks/nginx.sh [--no-install | --packages | TURNS]      31 turns of each
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
case ${1:-} in
--help) sed -n '4,/^set/s/^# \{0,1\}//p' benchmarks/nginx.sh; exit ;;
'' | --no-install | --packages | [1-9]*) ;;
*)
    echo "aroma: not understood: $*" >&2
    sed -n '4,/^set/s/^# \{0,1\}//p' benchmarks/nginx.sh >&2
    exit 2
    ;;
esac
if [ -z "${AROMA_IN_LAB:-}" ]; then
    . tests/support/packages.sh
    need g++ cmake ninja-build libssl-dev nginx nginx-dev nghttp2-client openssl iproute2 \
        util-linux || true
    build_folder nginx || exit 1
    { cmake -S examples/nginx -B build/nginx && cmake --build build/nginx; } \
        >build/nginx.log 2>&1 ||
        { tail -n 30 build/nginx.log >&2; echo "aroma: the build failed; all of it is in build/nginx.log" >&2; exit 1; }
fi
. tests/support/lab.sh
. tests/support/nginx.sh
lab_enter "$0" "$@" || exit 77
needs nginx h2load:nghttp2-client openssl
turns=${1:-31}
ip link set lo up
certificate /run/cert.pem /run/key.pem || exit 1

server() { # NAME PORT DIRECTIVE VARIABLES
    nginx_conf "/run/$1" "worker_processes 1; worker_cpu_affinity 01;" <<EOF2
ssl_certificate /run/cert.pem;
ssl_certificate_key /run/key.pem;
ssl_protocols TLSv1.2 TLSv1.3;
keepalive_requests 1000000;
log_format line '\$remote_addr "\$request" \$status $4';
$3
server { listen 127.0.0.1:$2 ssl; access_log /run/$1/access.log line; location / { return 200 "hello\n"; } }
server { listen 127.0.0.1:1$2; access_log /run/$1/access.log line; location / { return 200 "hello\n"; } }
EOF2
    nginx_start "/run/$1" || exit 1
}
server without 4430 "" "- - -"
nginx_module=$PWD/build/nginx/ngx_http_aroma_module.so
server with 4431 "aroma on; aroma_probe redirect;" '$aroma_band $aroma_score $aroma_status'

on_other_core=(taskset -c 1)
[ "$(nproc)" -gt 1 ] || on_other_core=()
turn() { # SERVER URL REQUESTS CLIENTS: requests a second, and a second of the worker's CPU
    local worker rate before after
    worker=$(pgrep -P "$(cat "/run/$1/pid")")
    before=$(cut -d' ' -f1 "/proc/$worker/schedstat")
    rate=$("${on_other_core[@]}" h2load --h1 -t1 -n "$3" -c "$4" "$2" 2>&1 | sed -nE 's/^finished in .*, ([0-9.]+) req\/s.*/\1/p')
    after=$(cut -d' ' -f1 "/proc/$worker/schedstat")
    : >"/run/$1/access.log"
    echo "$rate $(($3 * 1000000000 / (after - before)))"
}
row() { # WHAT SCHEME PORT-PREFIX REQUESTS CLIENTS
    local i
    for i in $(seq "$turns"); do
        if ((i % 2)); then
            without=$(turn without "$2://127.0.0.1:${3}4430/" "$4" "$5") with=$(turn with "$2://127.0.0.1:${3}4431/" "$4" "$5")
        else
            with=$(turn with "$2://127.0.0.1:${3}4431/" "$4" "$5") without=$(turn without "$2://127.0.0.1:${3}4430/" "$4" "$5")
        fi
        echo "$with $without"
    done | awk -v what="$1" '
        function median(list, n,   i, j, t) {
            for (i = 2; i <= n; ++i) {
                t = list[i]
                for (j = i - 1; j > 0 && list[j] > t; --j) list[j + 1] = list[j]
                list[j + 1] = t
            }
            return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
        }
        { with[NR] = $1; without[NR] = $3; ratio[NR] = $1 / $3; cpu[NR] = $2 / $4 }
        END {
            printf "| %s | %.0f | %.0f | %.3f | %.3f |\n", what, median(with, NR),
                median(without, NR), median(ratio, NR), median(cpu, NR)
        }'
}
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r | cut -d. -f1,2), $(nginx -v 2>&1 | sed 's/.*: //')"
echo
echo "| requests a second | with | without | ratio | by the worker's CPU |"
echo "|---|---:|---:|---:|---:|"
row "TLS, kept alive" https "" 20000 10
row "TLS, a new connection each" https "" 400 400
row "plain HTTP, kept alive" http 1 20000 10
