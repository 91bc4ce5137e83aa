#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# HAProxy's log and Traffic Server's plugin, by the lines of docs/edge.md, for a direct client 20 ms
# away and one 60 ms behind a proxy that is 1 ms from the server.
#
#     edge.test.sh haproxy|trafficserver AROMA_LINK PROJECT
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
lab_enter "$0" "$@" || exit 77
part=$1 AROMA_LINK=$2 project=$3 PATH=$PATH:/usr/sbin
needs curl openssl haproxy microsocks python3
[ "$part" = haproxy ] || needs traffic_server:trafficserver g++
shopt -s extglob

for host in server near direct behind; do lab_host $host || exit 1; done
lab_link direct 10.77.1.2 server 10.77.1.1 --delay 10 || exit 1
lab_link near 10.77.2.2 server 10.77.2.1 --delay 0.5 || exit 1
lab_link behind 10.77.3.2 near 10.77.3.1 --delay 30 || exit 1
certificate /run/cert.pem /run/key.pem || exit 1

# The block of the page in this language.
block() {
    awk -v language="$1" '/^<!-- run by tests\/lab\/edge.test.sh -->$/ { ours = 1; next }
        /^```$/ { inside = 0 }
        inside
        /^```/ { inside = ours && $0 == "```" language }
        { ours = 0 }' "$project/docs/edge.md"
}

haproxy() {
    [ "$(block haproxy | wc -l)" -eq 2 ] || fail "the page has not two lines for HAProxy"
    cat /run/cert.pem /run/key.pem >/run/both.pem
    {
        printf 'global\nlog stdout format raw local0\ndefaults\nmode http\nlog global\n'
        printf 'timeout client 10s\ntimeout server 10s\ntimeout connect 10s\n'
        printf 'frontend f\nbind :443 ssl crt /run/both.pem alpn h2,http/1.1\n'
        block haproxy
        echo 'http-request return status 200 content-type text/plain string ok'
    } >/run/haproxy.cfg
    : >/run/log
    lab_on server /usr/sbin/haproxy -db -f /run/haproxy.cfg >/run/log 2>&1 &
    lab_listens server 127.0.0.1 443 || fail "it does not start: $(cat /run/log)"
    visit() { # WHAT CONDITION-OF-HANDSHAKE-AND-RTT HOST CURL-ARGUMENT...
        local handshake rtt try count
        for try in 1 2 3; do # a segment that is lost makes one long
            count=$(grep -cE '^10\.77[0-9.]* [0-9]' /run/log)
            lab_on "$3" curl -sk --max-time 20 -o /dev/null "${@:4}"
            logged() { [ "$(grep -cE '^10\.77[0-9.]* [0-9]' /run/log)" -gt "$count" ]; }
            within 5 logged || fail "$1 is not logged: $(cat /run/log)"
            read -r _ handshake rtt < <(grep -E '^10\.77[0-9.]* [0-9]' /run/log | tail -n 1)
            awk "BEGIN { h = $handshake; r = $rtt / 1000; exit !($2) }" && break
        done
        printf '%-24s %s %s\n' "$1" "$handshake" "$rtt"
        holds "$handshake >= 0" "$1"
        awk "BEGIN { h = $handshake; r = $rtt / 1000; exit !($2) }" || fail "$1: not $2"
    }
    visit "direct, HTTP/2" "r >= 20 && h - r < 45" direct https://10.77.1.1/
    visit "direct, TLS 1.2" "r >= 20 && h - r < 45" direct --http1.1 --tls-max 1.2 https://10.77.1.1/
    for proxy in haproxy microsocks; do
        proxy_start $proxy near 10.77.3.1 behind 10.77.2.1 443 || exit 1
        visit "behind $proxy" "r < 10 && h - r > 50" behind "${via[@]}" https://10.77.2.1/
    done
}

trafficserver() {
    local folder package packages copy commands
    for folder in /etc/trafficserver /usr/lib/trafficserver/modules /var/log/trafficserver \
        /var/cache/trafficserver; do
        copy=/run/copies$folder
        mkdir -p "$copy" && cp -a "$folder/." "$copy" && chown trafficserver "$copy" && mount --bind "$copy" "$folder" || exit 1
    done
    mkdir -p /run/trafficserver /run/checkout && chown trafficserver /run/trafficserver
    cd /run/checkout && ln -s "$project/include" "$project/examples" . || exit 1
    block sh >/run/commands
    [ "$(wc -l </run/commands)" -ge 4 ] || fail "only $(wc -l </run/commands) commands"
    read -r _ _ packages < <(grep '^apt-get install ' /run/commands)
    for package in $packages; do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || skip "$package is needed"
    done
    sed -i '/^apt-get install /d' /run/commands
    bash -eu /run/commands >/run/said 2>&1 || { cat /run/said; fail "the page's commands"; exit 1; }
    cp /run/cert.pem /run/key.pem /etc/trafficserver && chown trafficserver /etc/trafficserver/*.pem
    cat >>/etc/trafficserver/records.config <<CONF
CONFIG proxy.config.http.server_ports STRING 80 443:ssl
CONFIG proxy.config.ssl.server.cert.path STRING /etc/trafficserver
CONFIG proxy.config.ssl.server.private_key.path STRING /etc/trafficserver
CONFIG proxy.config.net.defer_accept INT 0
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 2
CONFIG proxy.config.http.cache.http INT 0
CONF
    echo 'dest_ip=* ssl_cert_name=cert.pem ssl_key_name=key.pem' >/etc/trafficserver/ssl_multicert.config
    echo 'map / http://127.0.0.1:8081/' >/etc/trafficserver/remap.config
    echo '/var/cache/trafficserver 16M' >/etc/trafficserver/storage.config
    lab_on server python3 "$here/../edge/origin.py" 8081 2>/run/origin.log &
    lab_on server /usr/bin/traffic_server >/run/log 2>&1 &
    lab_listens server 127.0.0.1 443 ||
        { cat /run/log /var/log/trafficserver/diags.log; fail "it does not start"; exit 1; }
    visit() { # WHAT BANDS HOST CURL-ARGUMENT...
        local try band
        for try in 1 2 3; do # what a busy machine makes of a handshake
            lab_on "$3" curl -sk --max-time 20 -H 'Aroma-Band: forged' -H 'AROMA-bAND: forged' -o /run/answer "${@:4}"
            band=$(sed -n 's/^Aroma-Band: //ip' /run/answer)
            [[ " $2 " == *" ${band:-none} "* ]] && break
        done
        printf '%-24s %s\n' "$1" "$band"
        [ "$(grep -ic '^aroma.band:' /run/answer)" -eq 1 ] || fail "$1: the origin hears $(cat /run/answer)"
        one_of "$band" "$2" "$1"
    }
    within 10 eval 'lab_on direct curl -sk -o /run/answer https://10.77.1.1/ && grep -q ^Host: /run/answer' ||
        fail "it does not answer: $(cat /run/answer)"
    visit "direct, HTTP/2" "normal unstable" direct https://10.77.1.1/
    visit "direct, HTTP/1.1" "normal unstable" direct --http1.1 https://10.77.1.1/
    visit "direct, no probe" unknown direct http://10.77.1.1/
    for proxy in haproxy microsocks; do
        proxy_start $proxy near 10.77.3.1 behind 10.77.2.1 443 || exit 1
        visit "behind $proxy" "suspicious proxy" behind "${via[@]}" https://10.77.2.1/
        visit "behind $proxy, HTTP/1.1" "suspicious proxy" behind --http1.1 "${via[@]}" https://10.77.2.1/
    done
    visit "microsocks, no probe" "suspicious" behind "${via[@]}" http://10.77.2.1/
}

$part
exit $failed
