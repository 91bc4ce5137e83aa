#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The configurations for HAProxy and nginx, checked by the programs themselves and then asked: no
# header that a client forges arrives at the origin, the numbers do, and without the line that
# removes the forged ones this test would see them.
#
#     proxy.test.sh haproxy|nginx
set -u
. "$(dirname "$0")/../support/test.sh"
name=$1 here=$(cd "$(dirname "$0")" && pwd) PATH=$PATH:/usr/sbin
needs "$name" curl python3
case $name in
haproxy) source=$here/../../examples/edge/haproxy.cfg ;;
nginx) source=$here/../../examples/edge/nginx.conf ;;
esac
work=$(mktemp -d) || exit 1
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

answers() { # PORT PID
    for _ in $(seq 100); do
        curl -s -o "$work/up" "http://127.0.0.1:$1/" && return
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

start() { # CONFIGURATION: sets port
    local pid
    for port in $(shuf -i 20000-29999 -n 5); do
        sed "s/:8080/127.0.0.1:$port/; s/listen 8080/listen 127.0.0.1:$port/; s/127.0.0.1:8081/127.0.0.1:$origin/" "$1" >"$work/conf"
        case $name in
        haproxy)
            haproxy -c -f "$work/conf" >"$work/check" 2>&1 || { cat "$work/check"; return 1; }
            haproxy -db -f "$work/conf" >"$work/log" 2>&1 &
            ;;
        nginx)
            local folder
            for folder in client_body proxy fastcgi uwsgi scgi; do mkdir -p "$work/$folder"; done
            sed -i "s|^http {|&\naccess_log off;\nclient_body_temp_path $work/client_body;\nproxy_temp_path $work/proxy;\nfastcgi_temp_path $work/fastcgi;\nuwsgi_temp_path $work/uwsgi;\nscgi_temp_path $work/scgi;|" "$work/conf"
            set -- "$1" -c "$work/conf" -e "$work/error.log" \
                -g "daemon off; master_process off; pid $work/pid;"
            nginx -t "${@:2}" >"$work/check" 2>&1 || { cat "$work/check"; return 1; }
            nginx "${@:2}" >"$work/log" 2>&1 &
            ;;
        esac
        pid=$!
        pids+=($pid)
        answers "$port" $pid && return
        kill $pid 2>/dev/null
    done
    cat "$work/log"
    return 1
}

for origin in $(shuf -i 30000-39999 -n 5); do
    python3 "$here/origin.py" "$origin" 2>"$work/origin.log" &
    pids+=($!)
    answers "$origin" $! && break
done

ask() { # three requests of one connection, with headers of the client's own
    curl -s -H 'Aroma-Band: forged' -H 'aRoMa-rtt: forged' -H 'Aroma_Rtt: forged' \
        -H 'AROMA_BAND: forged' -H 'Aroma-Score: forged' -H 'Aroma-Status: forged' \
        -H 'Aroma-Rttvar: forged' -H 'Aroma-Lowest-Rtt: forged' -H 'Aroma-Response: forged' \
        -H 'Other: kept' "http://127.0.0.1:$port/[1-3]" >"$work/answer"
}

start "$source" || { fail "$name does not start with $source"; exit 1; }
ask
grep -q forged "$work/answer" && fail "a forged header arrived: $(grep forged "$work/answer")"
[ "$(grep -c '^other: kept$' <(tr A-Z a-z <"$work/answer"))" -eq 3 ] ||
    fail "not three requests arrived with the client's other header"
headers=(rtt rttvar)
[ "$name" = nginx ] || headers+=(lowest-rtt)
for header in "${headers[@]}"; do
    [ "$(grep -ciE "^aroma-$header: [0-9]+.?$" "$work/answer")" -eq 3 ] ||
        fail "not three times a number of aroma-$header"
done
if [ "$name" = haproxy ]; then # the lowest of the smoothed ones so far
    tr A-Z a-z <"$work/answer" | tr -d '\r' | awk -F': ' '
        $1 == "aroma-rtt" { if (lowest == "" || $2 < lowest) lowest = $2 + 0; if ($2 <= 0) exit 1 }
        $1 == "aroma-lowest-rtt" { if ($2 != lowest) { print "lowest is " $2 " and not " lowest; exit 1 } seen++ }
        END { exit seen != 3 }' || fail "aroma-lowest-rtt is not the lowest"
fi
cat "$work/answer"

# Without the lines that remove them, the test sees forged headers.
grep -vE 'del-header|proxy_set_header Aroma-Band|underscores_in_headers' "$source" >"$work/without"
[ "$name" = haproxy ] || sed -i 's/^http {/&\nunderscores_in_headers on;/' "$work/without"
start "$work/without" || fail "$name does not start with the control"
ask
grep -qi '^aroma-band: forged' "$work/answer" && grep -qi '^aroma_rtt: forged' "$work/answer" ||
    fail "the control does not let forged headers through"

# And a configuration that is wrong is refused.
sed 's/Aroma-Rtt /Aroma-Rtt %[fc_rttt(us)] /; s/\$tcpinfo_rtt;/$tcpinfo_min_rtt;/' "$source" \
    >"$work/wrong"
start "$work/wrong" >/dev/null && fail "$name takes a configuration with a name that does not exist"
exit $failed
