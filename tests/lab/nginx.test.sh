#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Stock nginx with the module, direct clients 20 ms away and clients 60 ms behind real proxies that
# are 1 ms from it: curl over plain HTTP with probes, over TLS and over HTTP/2, and Chromium. The
# table of docs/nginx.md. The sample configuration asks who is behind a proxy, and serves the
# others.
#
#     nginx.test.sh AROMA_LINK MODULE
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
. "$here/../support/nginx.sh"
lab_enter "$0" "$@" || exit 77
AROMA_LINK=$1 nginx_module=$2 run=/run/nginx
needs nginx curl openssl microsocks

for host in server near direct behind; do lab_host $host || exit 1; done
lab_link direct 10.78.1.2 server 10.78.1.1 --delay 10 || exit 1
lab_link near 10.78.2.2 server 10.78.2.1 --delay 0.5 || exit 1
lab_link behind 10.78.3.2 near 10.78.3.1 --delay 30 || exit 1
certificate /run/cert.pem /run/key.pem || exit 1
mkdir -p $run/html/app && echo "the page" >$run/html/index.html
sed "s|/var/log/nginx|$run|; s|/var/www/html|$run/html|" "$here/../../examples/nginx/aroma.conf" >$run/sample.conf
nginx_conf $run "worker_processes 2;" <<EOF2
include $run/sample.conf;
ssl_certificate /run/cert.pem;
ssl_certificate_key /run/key.pem;
ssl_protocols TLSv1.2 TLSv1.3;
default_type text/plain;
server { listen 80; location / { return 200 "\$aroma_band \$aroma_score \$aroma_probes\n"; } }
server {
    listen 443 ssl http2;
    listen 444 ssl http2;
    location = /again { return 302 https://\$host:444/; }
    location / { return 200 "\$aroma_band \$aroma_score \$aroma_probes\n"; }
}
server { listen 8081; aroma off; location / { return 200 "\$http_aroma_band\n"; } }
EOF2
nginx_start $run lab_on server || exit 1

# Each proxy once for each port, since some know the server's.
cell() { # BANDS HOST ARGUMENT...: curl's
    local bands=$1 host=$2 band score probes tries
    shift 2
    for ((tries = tries_of[$host]; tries > 0; --tries)); do
        read -r band score probes < <(lab_on "$host" curl -skL --max-time 20 "$@")
        [[ " $bands " != *" $band "* ]] || break
    done
    printf ' %18s' "${score:-} ${band:-none}"
    one_of "${band:-none}" "$bands" "$host $*"
}
row() { # CLIENT BANDS HOST ADDRESS
    printf '%-28s' "$1"
    cell "$2" "$3" "${via80[@]}" "http://$4/"
    cell "$2" "$3" "${via443[@]}" --http1.1 "https://$4/"
    cell "$2" "$3" "${via443[@]}" --http2 "https://$4/"
    echo
}
# On a machine that is busy a direct client may be late once; a proxy's client is late each time.
declare -A tries_of=([direct]=3 [behind]=1)

# Chromium shows what it was served: over TLS on its second connection, since it takes up to 70 ms
# to look at a new certificate, and one late reply alone makes a direct client suspicious.
page() { # BANDS HOST URL ARGUMENT...
    local bands=$1 host=$2 url=$3 band score text tries
    shift 3
    for ((tries = tries_of[$host]; tries > 0; --tries)); do
        text=$(lab_on "$host" timeout 60 "$browser" --headless --no-sandbox --disable-gpu \
            --disable-quic --no-first-run --disable-background-networking \
            --disable-component-update --disable-sync --ignore-certificate-errors \
            --user-data-dir="/run/chromium.$((++visits))" "$@" --dump-dom "$url" \
            2>/run/chromium.log)
        read -r band score _ < <(grep -oE '(normal|unstable|suspicious|proxy|unknown) [0-9. ]*' <<<"$text")
        [[ " $bands " != *" $band "* ]] || break
    done
    printf ' %18s' "${score:-} ${band:-none}"
    one_of "${band:-none}" "$bands" "Chromium on $host, $url: $text"
}

{
    printf '%-28s %18s %18s %18s\n' "" "HTTP, redirects" "TLS, HTTP/1.1" "TLS, HTTP/2"
    via80=() via443=()
    row "curl, direct, 20 ms" "normal unstable" direct 10.78.1.1
    tried=0
    for proxy in microsocks dante socat haproxy; do
        proxy_start $proxy near 10.78.3.1 behind 10.78.2.1 80 >/run/why || { echo "$proxy: not tried: $(cat /run/why)"; continue; }
        via80=("${via[@]}")
        proxy_start $proxy near 10.78.3.1 behind 10.78.2.1 443 || exit 1
        via443=("${via[@]}")
        row "curl, $proxy, 60 ms" "suspicious proxy" behind 10.78.2.1
        [ $proxy = microsocks ] && socks=${via[1]}
        tried=$((tried + 1))
    done
    [ $tried -gt 0 ] || fail "no proxy was tried"

    visits=0
    if find_chromium; then
        printf '%-28s' "Chromium, direct, 20 ms"
        page "normal unstable" direct http://10.78.1.1/
        printf ' %18s' ''
        page "normal unstable" direct https://10.78.1.1/again
        printf '\n%-28s' "Chromium, microsocks, 60 ms"
        page "suspicious proxy" behind http://10.78.2.1/ --proxy-server="socks5://$socks"
        printf ' %18s' ''
        page "suspicious proxy" behind https://10.78.2.1/again --proxy-server="socks5://$socks"
        echo
    else
        echo "Chromium: not tried: it is not installed"
    fi
} >/run/table
cat /run/table
[ $failed -ne 0 ] || grep -q 'not tried' /run/table || "$here/../support/form.sh" "$here/../.." tests/lab/nginx.test.sh /run/table || failed=1

# The sample: the page for some, a question for the others, and once it is answered the page for
# them too.
proxied=(lab_on behind curl -sL --max-time 20 --socks5 "$socks")
[ "$(lab_on direct curl -sL http://10.78.1.1:8080/)" = "the page" ] || fail "a direct client does not get the page"
one_of "$(lab_on direct curl -sL -H 'Aroma-Band: forged' http://10.78.1.1:8080/app/)" "normal unstable" "what the origin of a direct client is told"
"${proxied[@]}" -w '%{http_code}' http://10.78.2.1:8080/ >/run/asked
grep -q 'One question' /run/asked && grep -q '200$' /run/asked || fail "a proxied client is not asked: $(cat /run/asked)"
[ "$("${proxied[@]}" -c /run/jar -b /run/jar -d '' http://10.78.2.1:8080/aroma-challenge)" = "the page" ] || fail "an answer does not lead to the page"
[ "$("${proxied[@]}" -b /run/jar http://10.78.2.1:8080/)" = "the page" ] || fail "who has answered is asked again"
grep -q 'band=proxy score=0\.[0-9]* excess=[0-9.]* status=ok' $run/aroma.log || fail "no band in the access log: $(cat $run/aroma.log)"
nginx_stop $run || fail "nginx ends with $?"
exit $failed
