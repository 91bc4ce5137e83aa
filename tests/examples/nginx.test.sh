#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The module for nginx in the stock binary, on a loopback of its own.
#
#     nginx.test.sh configuration|requests|tls|reload|memory MODULE
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/nginx.sh"
lab_enter "$0" "$@" || exit 77
part=$1
printf 'aroma-thresholds 1\n* 0.7 0 0\nend\n' >/run/loopback # accuses nobody, however busy this machine is
nginx_module=$2 run=/run/nginx
needs nginx openssl python3
ip link set lo up
mkdir -p $run

# What the variables say, as JSON.
say='default_type application/json; return 200 '\''{"band":"$aroma_band","score":"$aroma_score","excess_ms":"$aroma_excess_ms","status":"$aroma_status","basis":"$aroma_basis","probes":"$aroma_probes","uri":"$request_uri","args":"$args","path":"$uri","reused":"$ssl_session_reused","protocol":"$server_protocol","mapped":"$mapped","server":"$server_name"}\n'\'';'
map='map $aroma_band $mapped { default other; unknown "is unknown"; normal "is normal"; unstable "is unstable"; }'

says() { # STATUS TEXT HTTP: how nginx -t ends for this configuration
    local said status
    nginx_conf $run <<<"$3"
    said=$(nginx_says $run)
    status=$?
    [[ $status -eq $1 && $said = *"$2"* ]] || fail "expected status $1 and '$2' of: $3; it says: $said"
}

below=() # what nginx runs below
stop_clean() {
    if [ ${#below[@]} -gt 0 ]; then # what the old configuration had is freed
        kill -HUP "$(cat $run/pid)"
        within 10 grep -q reconfiguring $run/error.log || fail "nginx does not read its configuration again"
        sleep 1
    fi
    nginx_stop $run || { fail "nginx ends with $?"; cat $run/out; }
}

requests() { # DIRECTIVE...
    printf 'aroma-thresholds 1\n* 0 0 0\nend\n' >/run/thresholds # all are normal
    printf 'aroma-thresholds 1\n* 1 0.1 0.05\nend\n' >/run/strict
    nginx_conf $run "worker_processes 1;" "$@" <<EOF2
$map
aroma on;
aroma_thresholds /run/loopback;
log_format seen '\$request_uri \$status \$aroma_band \$aroma_status \$aroma_probes';
log_format origin '\$request_uri \$http_aroma_band';
keepalive_requests 100000;
server {
    listen 127.0.0.1:80;
    listen unix:/run/socket;
    access_log $run/access.log seen;
    client_max_body_size 0;
    location / { aroma_probe redirect; $say }
    location /unprobed { $say }
    location /off { aroma off; aroma_probe redirect; $say }
    location /score { $say }
    location /moved { aroma_probe redirect; rewrite ^ /score last; }
    location /named { aroma_probe redirect; try_files /none @named; }
    location @named { $say }
    location /missing { aroma_probe redirect; error_page 404 /score; root /run/none; }
    location /authorized { aroma_probe redirect; auth_request /authority; try_files /none @named; }
    location /authority {
        internal;
        proxy_pass http://127.0.0.1:81;
        proxy_set_header Aroma-Band \$aroma_band;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
    }
    location /if { if (\$aroma_band = unknown) { return 200 '{"said":"unknown"}'; } return 200 '{"said":"other"}'; }
    location /upload { proxy_pass http://127.0.0.1:81; proxy_set_header Aroma-Band \$aroma_band; }
    location /origin {
        aroma_probe redirect;
        proxy_set_header Aroma-Band \$aroma_band;
        proxy_set_header Aroma-Score \$aroma_score;
        proxy_set_header Aroma-Status \$aroma_status;
        proxy_pass http://127.0.0.1:81;
    }
    location /open { proxy_pass http://127.0.0.1:81; }
    location /thresholds { aroma_thresholds /run/thresholds; aroma_probe redirect; $say }
    location /strict { aroma_thresholds /run/strict; aroma_probe redirect; $say }
}
server { # the origin
    listen 127.0.0.1:81;
    aroma off;
    access_log $run/origin.log origin;
    location / { return 200 '{"uri":"\$request_uri","band":"\$http_aroma_band","score":"\$http_aroma_score","status":"\$http_aroma_status"}'; }
    client_max_body_size 0;
    location /upload { return 200 '{"band":"\$http_aroma_band","length":"\$content_length"}'; }
}
server { listen 127.0.0.1:82 proxy_protocol; aroma_probe redirect; location / { $say } }
server {
    listen 127.0.0.1:83;
    aroma_probe redirect;
    set_real_ip_from 127.0.0.1;
    location / { $say }
}
EOF2
    nginx_start $run "${below[@]}" || exit 1
    python3 "$here/nginx_requests.py" $run ${below:+patient} || failed=1
    stop_clean
    grep -E '\[(error|crit|alert|emerg)\]' $run/error.log | grep -vE 'aroma_thresholds /run/thresholds:2: a threshold is not a number|/run/none/missing' &&
        fail "the lines above"
}

tls() { # DIRECTIVE...
    certificate /run/cert.pem /run/key.pem
    needs curl jq
    nginx_conf $run "worker_processes 2;" "$@" <<EOF2
$map
ssl_certificate /run/cert.pem;
ssl_certificate_key /run/key.pem;
ssl_session_cache shared:tls:1m;
ssl_protocols TLSv1.2 TLSv1.3;
server { listen 127.0.0.1:443 ssl http2 default_server; server_name a.test; location / { $say } }
server {
    listen 127.0.0.1:443 ssl http2;
    server_name b.test;
    aroma on;
    aroma_probe redirect;
    location / { $say }
}
server {
    listen 127.0.0.1:444 ssl http2;
    server_name b.test;
    aroma on;
    ssl_session_tickets off;
    location / { $say }
}
server {
    listen 127.0.0.1:443 ssl http2;
    server_name c.test;
    aroma on;
    ssl_certificate /run/cert.pem;
    ssl_verify_client optional_no_ca;
    location / { $say }
}
EOF2
    nginx_start $run "${below[@]}" || exit 1
    python3 "$here/nginx_tls.py" || failed=1
    # several streams of one connection, and the variables of each; valgrind is too slow for a
    # client that sends ACKs meanwhile
    out=$(curl -sk --no-progress-meter --http2 --parallel --resolve b.test:443:127.0.0.1 "https://b.test/[1-20]")
    [ ${#below[@]} -gt 0 ] || [ "$(jq -s 'map(select(.status == "ok" and .probes == "1" and .protocol == "HTTP/2.0")) | length' <<<"$out")" = 20 ] ||
        fail "not 20 streams of a connection that is measured: $out"
    stop_clean
}

case $part in
configuration)
    printf 'aroma-thresholds 1\n* 0.7 0.3 0.1\nend\n' >/run/good
    printf 'aroma-thresholds 1\n* 0.1 0.3 0.7\nend\n' >/run/wrong
    says 0 "test is successful" "aroma on; aroma_probe redirect; aroma_thresholds /run/good; server { listen 80; aroma off; location / { aroma on; } }"
    says 0 "test is successful" "server { listen 80; location / { return 200 \"\$aroma_band\"; } }"
    says 1 'invalid value "maybe" in "aroma" directive, it must be "on" or "off"' "aroma maybe;"
    says 1 '"aroma" directive is duplicate' "aroma on; aroma off;"
    says 1 'invalid value "ping"' "aroma_probe ping;"
    says 1 'invalid number of arguments in "aroma_thresholds"' "aroma_thresholds;"
    says 1 '"aroma_thresholds" directive is duplicate' "aroma_thresholds /run/good; aroma_thresholds /run/good;"
    says 1 'aroma_thresholds /run/none: there is no such file' "aroma_thresholds /run/none;"
    says 1 'aroma_thresholds /run/wrong:2: the thresholds are out of order' "aroma_thresholds /run/wrong;"
    says 1 'unknown "aroma_bande" variable' 'server { listen 80; return 200 "$aroma_bande"; }'

    # deferred: only where it does harm
    deferred='"listen 127.0.0.1:80 deferred" makes direct clients look proxied'
    says 0 "$deferred" "server { listen 127.0.0.1:80 deferred; location / { aroma on; } }"
    says 0 "$deferred" "aroma on; server { listen 127.0.0.1:80 deferred; } server { listen 127.0.0.1:80; server_name b; }"
    for harmless in "server { listen 127.0.0.1:80 deferred; }" "aroma on; server { listen 127.0.0.1:80; }" \
        "server { listen 127.0.0.1:80 deferred; } server { listen 127.0.0.1:81; aroma on; }"; do
        nginx_conf $run <<<"$harmless"
        nginx_says $run | grep -q deferred && fail "warns of: $harmless"
    done
    ;;

requests) requests ;;

tls) tls ;;

reload)
    needs h2load:nghttp2-client
    certificate /run/cert.pem /run/key.pem
    nginx_conf $run "worker_processes 2;" <<EOF2
ssl_certificate /run/cert.pem;
ssl_certificate_key /run/key.pem;
ssl_protocols TLSv1.2 TLSv1.3;
keepalive_requests 100000;
aroma on;
aroma_thresholds /run/loopback;
log_format seen '\$aroma_band \$aroma_status';
server {
    listen 127.0.0.1:443 ssl http2;
    access_log $run/access.log seen;
    location / { return 200 "\$aroma_band\n"; }
}
server { listen 127.0.0.1:80; aroma_probe redirect; location / { return 200 "\$aroma_band\n"; } }
EOF2
    nginx_start $run || exit 1
    # Over HTTP/2 h2load counts what it could not send behind a GOAWAY as failed; curl asks again
    # for that.
    h2() {
        for _ in $(seq 12); do
            curl -sk --http2 --retry 3 --retry-all-errors --retry-delay 1 "https://127.0.0.1/[1-100]" || echo "curl ends with $?"
        done
    }
    loads=()
    for i in 1 2; do h2 >/run/h2.$i 2>&1 & loads+=($!); done
    h2load --h1 -t1 -c20 -D 4 https://127.0.0.1/ >/run/h1 2>&1 & loads+=($!)
    h2load --h1 -t1 -c20 -D 4 http://127.0.0.1/ >/run/plain 2>&1 & loads+=($!)
    reloads=0
    while kill -0 "${loads[@]}" 2>/dev/null && [ $reloads -lt 30 ]; do
        sleep 0.5
        kill -HUP "$(cat $run/pid)"
        reloads=$((reloads + 1))
    done
    wait "${loads[@]}"
    echo "$reloads reloads"
    [ $reloads -ge 3 ] || fail "only $reloads reloads under load"
    for i in 1 2; do
        [ "$(grep -cxE 'normal|unstable|unknown' /run/h2.$i)" = 1200 ] || fail "HTTP/2: $(sort /run/h2.$i | uniq -c)"
    done
    for load in h1 plain; do
        grep '^requests: .* [0-9]\{2,\} succeeded, 0 failed, 0 errored, 0 timeout' /run/$load || { fail "$load"; cat /run/$load; }
    done
    grep '^status codes: [0-9]* 2xx, [1-9][0-9]* 3xx, 0 4xx, 0 5xx' /run/plain || { fail "plain HTTP"; cat /run/plain; }
    nginx_stop $run || fail "nginx ends with $?"
    grep -E '\[(error|crit|alert|emerg)\]|exited on signal' $run/error.log && fail "the lines above"
    # On a machine that is this busy a client's ACK may come between its answer and nginx, which
    # voids the probe.
    sort $run/access.log | uniq -c
    grep -qE '^(normal|unstable) ok$' $run/access.log || fail "over TLS nobody is measured"
    grep -vE '^((normal|unstable) ok|unknown probes_void)$' $run/access.log && fail "the lines above"
    workers=$(grep -c 'start worker process' $run/error.log)
    [ "$workers" -ge $((2 * reloads)) ] || fail "only $workers workers were started"
    ;;

memory)
    needs valgrind curl jq
    # of nginx' own
    for leak in ngx_set_environment ngx_regex_compile; do
        printf '{\n%s\nMemcheck:Leak\n...\nfun:%s\n}\n' $leak $leak
    done >/run/suppressions
    below=(valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
        --errors-for-leak-kinds=definite --suppressions=/run/suppressions)
    requests "master_process off;"
    tls "master_process off;"
    ;;
esac
exit $failed
