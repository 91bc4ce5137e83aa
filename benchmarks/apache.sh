#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What mod_aroma costs: requests a second of the system's apache2 with it and without, and the
# server's CPU for one, by turns in one run, with ab.
#
#     benchmarks/apache.sh MODULE [ROUNDS]       as build/gcc/examples/mod_aroma.so; 31 rounds
#
# Two servers, alike but for the module; the one that is not asked rests. Both halves of a round see
# the same machine, so a share is taken within a round, and the median of these is printed.
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tests/support/test.sh"
. "$here/../tests/support/apache.sh"
[ $# -ge 1 ] || { sed -n '4,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
module=$(realpath "$1") rounds=${2:-31}
apache_needs
needs ab:apache2-utils
apache_folder "$module"
whole=$work pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$whole"' EXIT
declare -A port server
for which in without with; do
    work=$whole/$which
    mkdir "$work" && cp -r "$whole/cert" "$whole/key" "$whole/www" "$work" || exit 1
    read -r plain tls < <(apache_ports 2)
    port[http-$which]=$plain port[https-$which]=$tls
    apache_conf event < <(
        printf 'Listen 127.0.0.1:%s\nListen 127.0.0.1:%s https\n' "$plain" "$tls"
        printf 'AcceptFilter http none\nAcceptFilter https none\nMaxKeepAliveRequests 0\n'
        printf '<VirtualHost *:%s>\nSSLEngine on\nSSLCertificateFile cert\nSSLCertificateKeyFile key\n</VirtualHost>\n' "$tls"
        [ $which = without ] || echo 'Aroma on'
    )
    [ $which = with ] || sed -i '/^LoadModule aroma_module/d; s/ aroma:info//' "$work/conf"
    apache_start || exit 1
    pids+=("$apache") server[$which]=$apache
done

cpu() { # of a server's processes, in nanoseconds
    local parent=${server[$1]} process
    for process in "$parent" $(cat "/proc/$parent/task/$parent/children"); do
        cat /proc/"$process"/task/*/schedstat 2>/dev/null
    done | awk '{ all += $1 } END { printf "%.0f\n", all }'
}
asked_for() { # WHICH SCHEME AB-ARGUMENT...: requests a second, and CPU
    local before
    before=$(cpu "$1")
    ab -q "${@:3}" "$2://127.0.0.1:${port[$2-$1]}/" >"$whole/said" 2>&1 || { cat "$whole/said"; exit 1; }
    grep -q '^Failed requests: *0$' "$whole/said" || { cat "$whole/said"; exit 1; }
    echo "$(sed -nE 's/^Requests per second: *([0-9.]+).*/\1/p' "$whole/said")" \
        $(($(cpu "$1") - before)) "$(sed -nE 's/^Complete requests: *//p' "$whole/said")"
}
middle() { sort -n | awk '{ a[NR] = $1 } END { print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2 }'; }
measure() { # WHAT SCHEME AB-ARGUMENT...
    local i a b all=$whole/rounds
    : >"$all"
    for i in $(seq "$rounds"); do
        if [ $((i % 2)) = 0 ]; then
            a=$(asked_for without "${@:2}") && b=$(asked_for with "${@:2}")
        else
            b=$(asked_for with "${@:2}") && a=$(asked_for without "${@:2}")
        fi || { echo "FAILED: $1: $a$b"; exit 1; }
        echo "$a $b" >>"$all"
    done
    column() { awk "{ print $1 }" "$all" | middle; }
    printf '| %s | %.0f | %.0f | %.3f | %.1f | %.1f | %.3f |\n' "$1" "$(column '$1')" "$(column '$4')" "$(column '$4 / $1')" \
        "$(column '$2 / $3 / 1000')" "$(column '$5 / $6 / 1000')" "$(column '$2 / $5')"
}
echo '| | a second, without | with | share | CPU, us, without | with | share |'
echo '|---|---:|---:|---:|---:|---:|---:|'
measure "TLS, connections kept alive" https -k -n 3000 -c 8
measure "TLS, a new connection each" https -n 200 -c 8
measure "plain HTTP, connections kept alive" http -k -n 6000 -c 8
measure "plain HTTP, a new connection each" http -n 1500 -c 8
