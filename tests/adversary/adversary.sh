#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Clients of our own that try to talk themselves clear, 60 ms behind an unmodified microsocks (or
# socat) that is 1, 20 and 50 ms from the server. One line a case and near leg; fails if a client is
# cleared or ends normal or unstable (behind a congested link, 6b, only if one is cleared), if a
# client did not do what its case says (broken), or if the honest client beside them is not found.
#
#     adversary.sh [OPTION...] AROMA_LINK TLS_ADVERSARY PROGRAM...
#
#     --short          at most two minutes, for CI
#     --only TEXT      cases whose name contains the text, and the honest one
#     --attempts N     of each case and near leg, 20; three of each server at least
#     --near N         this near leg alone: 1, 20 or 50
#     --verbose        each verdict
#     --slow-signature LIBRARY   a second tls_server, with this preloaded: slow_signature.cpp
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
. "$here/../support/nginx.sh"
. "$here/../support/apache.sh"
lab_enter "$0" "$@" || exit 77
options=() slow_signature=
while [[ ${1:-} == --* ]]; do
    case $1 in
    --short | --verbose) options+=("$1") ;;
    --only | --attempts | --near) options+=("$1" "$2"); shift ;;
    --slow-signature) slow_signature=$2; shift ;;
    *) echo "not understood: $1"; exit 2 ;;
    esac
    shift
done
AROMA_LINK=$1 tls_adversary=$2
shift 2
needs microsocks socat openssl python3
python3 -c 'import ssl, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    skip "Python 3.10 with ssl is needed"

lab_host server && lab_host client || exit 1
lab_link client 10.82.0.2 server 10.82.0.1 --delay 1 || exit 1
options+=(--direct 10.82.0.1)
for near in 1 20 50; do
    lab_host near$near || exit 1
    lab_link near$near 10.80.$near.2 server 10.80.$near.1 \
        --delay $((near / 2)).$((near % 2 * 5)) || exit 1
    lab_link client 10.81.$near.2 near$near 10.81.$near.1 --delay 30 || exit 1
    proxy_start microsocks near$near 10.81.$near.1 client 10.80.$near.1 80 || exit 1
    options+=(--leg "$near" "10.80.$near.1" "${via[1]}")
done

# One more, whose link to the server has 10 Mbit/s and 200 ms of buffer, and what takes uploads.
lab_host narrow && lab_link narrow 10.80.99.2 server 10.80.99.1 --delay 10 --rate 10 --queue 200 &&
    lab_link client 10.81.99.2 narrow 10.81.99.1 --delay 30 || exit 1
lab_on server socat -u TCP-LISTEN:20999,fork,reuseaddr,backlog=64 OPEN:/dev/null 2>/dev/null &
proxy_start microsocks narrow 10.81.99.1 client 10.80.99.1 80 || exit 1
options+=(--narrow 20 10.80.99.1 "${via[1]}" --sink 20999)

certificate /run/cert.pem /run/key.pem || exit 1
# A flight of 16,300 bytes, a little longer than an initial window: its end leaves when its
# beginning is acknowledged.
size=$(openssl x509 -in /run/cert.pem -outform DER | wc -c)
for ((i = 0; i < 16300 / (size + 3); ++i)); do cat /run/cert.pem; done >/run/chain.pem
for ((i = 0; i < 4096 / (size + 3); ++i)); do cat /run/cert.pem; done >/run/short_chain.pem
port=21000
forwards() { # PORT
    for near in 1 20 50; do
        lab_on near$near socat "TCP-LISTEN:$1,fork,reuseaddr,nodelay" \
            "TCP:10.80.$near.1:$1,nodelay" 2>/dev/null &
    done
}
# nginx with the module: plain HTTP and TLS. Its verdict is what its variables say.
start_nginx() { # MODULE
    local verdict='{"band":"$aroma_band","status":"$aroma_status","score":$score'
    verdict+=',"counted":$aroma_probes}'
    nginx_module=$1
    nginx_conf /run/nginx "worker_processes 2;" <<EOF
aroma on;
map \$aroma_score \$score { default \$aroma_score; "" null; }
ssl_certificate /run/cert.pem;
ssl_certificate_key /run/key.pem;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ALL:@SECLEVEL=0;
server {
    listen $((port + 1));
    location / { aroma_probe redirect; return 200 '$verdict'; }
    location /score { return 200 '$verdict'; }
}
server { listen $((port + 2)) ssl; location / { return 200 '$verdict'; } }
EOF
    nginx_start /run/nginx lab_on server || exit 1
    for name in nginx nginx_tls; do
        options+=(--server $name $((++port)))
        forwards $port
    done
}
# Apache with mod_aroma, the same: mod_include writes the verdict, in one piece.
start_apache() { # MODULE
    command -v apache2 >/dev/null && [ -r "$apache_modules/mod_mpm_event.so" ] ||
        { echo "apache: not tried: apache2 is not installed"; return; }
    apache_folder "$1"
    local verdict='{"band":"<!--#echo var="AROMA_BAND" -->"'
    verdict+=',"status":"<!--#echo var="AROMA_STATUS" -->"'
    verdict+=',"counted":<!--#echo var="AROMA_PROBES" -->}'
    echo "$verdict" >"$work/www/verdict.shtml"
    for name in buffer include mime alias; do
        echo "LoadModule ${name}_module $apache_modules/mod_$name.so"
    done >"$work/more"
    apache_conf event <<EOF
$(cat "$work/more")
TypesConfig /dev/null
AddType application/json .shtml
AddOutputFilter INCLUDES;BUFFER .shtml
<Directory $work/www>
    Options +Includes
</Directory>
AliasMatch ^/ $work/www/verdict.shtml
Listen $((port + 1))
Listen $((port + 2))
AcceptFilter http none
AcceptFilter https none
MaxKeepAliveRequests 0
Aroma on
<VirtualHost *:$((port + 1))>
    AromaProbe redirect
</VirtualHost>
<VirtualHost *:$((port + 2))>
    SSLEngine on
    SSLCertificateFile /run/cert.pem
    SSLCertificateKeyFile /run/key.pem
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCipherSuite ALL:@SECLEVEL=0
</VirtualHost>
EOF
    apache_start lab_on server || exit 1
    for name in apache apache_tls; do
        options+=(--server $name $((++port)))
        forwards $port
    done
}
slow=()
for program in "$@"; do
    [ "$slow_signature" ] && [[ $program == */tls_server ]] && slow=("slow $program")
done
for program in "$@" "${slow[@]}"; do
    case $program in
    */mod_aroma.so) start_apache "$program"; continue ;;
    *.so) start_nginx "$program"; continue ;;
    esac
    name=$(basename "$program") arguments=(--address :: --port $((++port))) preloaded=
    [[ $program != "slow "* ]] || name=slow_$name preloaded=$slow_signature program=${program#slow }
    case $name in
    tls_server | http2_ping) arguments+=(--cert /run/cert.pem --key /run/key.pem) ;;
    # a flight a little longer than OpenSSL's buffer of 4,096 bytes
    slow_tls_server) arguments+=(--cert /run/short_chain.pem --key /run/key.pem) ;;
    # its TLS is in memory: what the kernel holds back is not seen when the flight is made
    websocket_ping) arguments+=(--cert /run/chain.pem --key /run/key.pem) ;;
    esac
    : >"/run/$name.log"
    lab_on server env ${preloaded:+"LD_PRELOAD=$preloaded"} "$program" "${arguments[@]}" \
        >"/run/$name.log" 2>&1 &
    if ! listening_port "/run/$name.log" >/dev/null 2>&1; then
        grep -q "refuses io_uring" "/run/$name.log" &&
            { echo "$name: not tried: no io_uring"; continue; }
        echo "FAILED: $name does not listen: $(cat "/run/$name.log")"
        exit 1
    fi
    options+=(--server "$name" $port)
    forwards $port
done
lab_on client python3 "$here/adversary.py" --tls-adversary "$tls_adversary" "${options[@]}"
