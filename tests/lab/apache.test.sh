#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What docs/apache.md says, as it says it: its commands, on this machine's Debian packages, and then
# a direct client 20 ms away and one 60 ms behind real proxies that are 1 ms from the server, over
# TLS, HTTP/2 and plain HTTP. The namespace has copies of the folders that the commands write to.
#
#     apache.test.sh AROMA_LINK PROJECT
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
lab_enter "$0" "$@" || exit 77
AROMA_LINK=$1 project=$2
page=$project/docs/apache.md PATH=$PATH:/usr/sbin
needs apache2 apache2ctl:apache2 apxs:apache2-dev curl g++ openssl microsocks tinyproxy haproxy \
    socat
shopt -s extglob

for host in server near direct behind; do lab_host $host || exit 1; done
lab_link direct 10.77.1.2 server 10.77.1.1 --delay 10 || exit 1
lab_link near 10.77.2.2 server 10.77.2.1 --delay 0.5 || exit 1
lab_link behind 10.77.3.2 near 10.77.3.1 --delay 30 || exit 1

# Copies, in the place of what the commands write to.
for folder in /etc/apache2 /etc/ssl /usr/lib/apache2/modules /var/lib/apache2 /var/log/apache2; do
    copy=/run/copies$folder
    mkdir -p "$copy" && cp -a "$folder/." "$copy" && mount --bind "$copy" "$folder" || exit 1
done
mkdir /run/lock
rm -f /var/log/apache2/*
certificate /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/ssl/private/ssl-cert-snakeoil.key || exit 1
echo 'ServerName server.test' >/etc/apache2/conf-enabled/name.conf

# The N-th block of the page that names this test.
block() {
    awk -v which="$1" '/^<!-- run by tests\/lab\/apache.test.sh -->$/ { number++; ours = 1; next }
        /^```$/ { inside = 0 }
        inside && number == which
        /^```/ { inside = ours }
        { ours = 0 }' "$page"
}
mkdir /run/checkout && cd /run/checkout && ln -s "$project/include" "$project/examples" . || exit 1
block 1 >/run/commands
[ "$(wc -l </run/commands)" -ge 8 ] || fail "only $(wc -l </run/commands) commands in $page"
read -r _ _ packages < <(grep '^apt-get install ' /run/commands)
for package in $packages; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || skip "$package is needed"
done
sed -i '/^apt-get install /d' /run/commands
lab_on server bash -eu /run/commands >/run/said 2>&1 || { cat /run/said; fail "the page's commands"; exit 1; }
lab_listens server 10.77.1.1 443 || { cat /run/said /var/log/apache2/error.log; fail "it does not listen"; exit 1; }
! grep -q 'defers accept' /var/log/apache2/error.log || fail "accept is deferred: $(cat /var/log/apache2/error.log)"

log=/var/log/apache2/aroma.log seen=0
# A lost moment voids a handshake on a busy machine: then it comes again.
ask() { # HOST BANDS WHAT CURL-ARGUMENT...
    local host=$1 bands=$2 what=$3 try line
    shift 3
    for try in 1 2 3; do
        lab_on "$host" curl -skL --max-time 20 -o /run/answer "$@"
        within 5 more || { fail "$what is not in the log: $(cat /run/answer)"; return; }
        line=$(tail -n 1 $log)
        seen=$(wc -l <$log)
        [[ $line == *probes_void ]] || break
    done
    printf '%-28s %s\n' "$what" "$line"
    [[ $line =~ \"\ 200\ (normal|unstable|suspicious|proxy|unknown)\ ([0-9.]+|-)\ ([0-9.]+|-)\ [a-z_]+$ ]] || fail "$what: not a line of the page's: $line"
    one_of "${BASH_REMATCH[1]:-}" "$bands" "$what"
}
more() { [ "$(wc -l <$log)" -gt $seen ]; }

ask direct "normal unstable" "direct, TLS" --http1.1 https://10.77.1.1/
ask direct "normal unstable" "direct, HTTP/2" --http2 https://10.77.1.1/
ask direct unknown "direct, no probe" http://10.77.1.1/
for proxy in microsocks tinyproxy haproxy socat; do
    port=443
    proxy_start $proxy near 10.77.3.1 behind 10.77.2.1 443 || exit 1
    ask behind "suspicious proxy" "$proxy, TLS" --http1.1 "${via[@]}" https://10.77.2.1/
    ask behind "suspicious proxy" "$proxy, HTTP/2" --http2 "${via[@]}" https://10.77.2.1/
done

# People's browser, whose first request may find that its handshake was void, and which is as slow
# as this machine while it starts: so it may be asked again.
browse() { # HOST BANDS WHAT URL CHROMIUM-ARGUMENT...
    local host=$1 bands=$2 what=$3 url=$4 try line band
    shift 4
    for try in 1 2 3; do
        lab_on "$host" timeout -k 5 30 "$browser" --headless --no-sandbox --disable-gpu --disable-quic \
            --ignore-certificate-errors --user-data-dir=/run/profile.$RANDOM --dump-dom "$@" \
            "$url" >/run/answer 2>/run/said
        grep -q 'It works' /run/answer || fail "$what shows: $(cat /run/answer /run/said)"
        within 5 more
        line=$(tail -n "+$((seen + 1))" $log | grep -E '"GET /(\?[^ ]*)? HTTP/[^"]*" 200 ' | tail -n 1)
        seen=$(wc -l <$log)
        band=$(sed -nE 's/.*" 200 ([a-z]+) .*/\1/p' <<<"$line")
        [[ " $bands " == *" ${band:--} "* ]] && break
    done
    printf '%-28s %s\n' "$what" "$line"
    one_of "$band" "$bands" "$what"
}
if find_chromium; then
    browse direct "normal unstable" "direct, Chromium" https://10.77.1.1/
    proxy_start microsocks near 10.77.3.1 behind 10.77.2.1 443 || exit 1
    browse behind "suspicious proxy" "microsocks, Chromium" https://10.77.2.1/ "--proxy-server=socks5://${via[1]}"
else
    echo "not tried: Chromium"
fi

# The page's other blocks, and probes for plain HTTP.
a2enmod -q rewrite headers proxy_http >/run/said 2>&1 || fail "$(cat /run/said)"
echo challenge >/run/challenge.html
{
    echo 'AromaProbe redirect'
    echo '<VirtualHost *:80>'
    echo 'Alias /challenge.html /run/challenge.html'
    printf '<Location /challenge.html>\nRequire all granted\n</Location>\n'
    echo 'ProxyPass /origin http://127.0.0.1:8081/'
    block 2
    block 3
    echo '</VirtualHost>'
} >/etc/apache2/sites-available/000-default.conf
[ "$(block 2 | wc -l)" -ge 4 ] && [ "$(block 3 | wc -l)" -eq 2 ] || fail "the page's blocks are not found"
lab_on server python3 "$here/../edge/origin.py" 8081 2>/run/origin.log &
lab_on server apache2ctl graceful >/run/said 2>&1 || fail "$(cat /run/said)"
restarted() { [ "$(grep -c 'resuming normal operations' /var/log/apache2/error.log)" -eq 2 ]; }
within 10 restarted || fail "it does not come up again: $(cat /var/log/apache2/error.log)"
ask direct "normal unstable" "direct, redirected" http://10.77.1.1/
[ -z "${browser:-}" ] || browse direct "normal unstable" "direct, Chromium redirected" http://10.77.1.1/
forged=(-H 'Aroma-Band: normal' -H 'Aroma_Band: normal' -H 'AROMA-BAND: normal')
ask direct "normal unstable" "direct, origin" "${forged[@]}" http://10.77.1.1/origin
[[ $(grep -i '^aroma.band' /run/answer) == Aroma-Band:\ @(normal|unstable) ]] || fail "the origin hears: $(cat /run/answer)"
for proxy in microsocks haproxy; do
    proxy_start $proxy near 10.77.3.1 behind 10.77.2.1 80 || exit 1
    ask behind proxy "$proxy, redirected" "${forged[@]}" "${via[@]}" http://10.77.2.1/ -b passed=1
    ask behind proxy "$proxy, origin" "${forged[@]}" "${via[@]}" http://10.77.2.1/origin -b passed=1
    [[ $(grep -i '^aroma.band' /run/answer) == 'Aroma-Band: proxy' ]] || fail "the origin hears: $(cat /run/answer)"
    lab_on behind curl -skL --max-time 20 -o /run/answer "${via[@]}" http://10.77.2.1/
    grep -q challenge /run/answer || fail "no challenge for the worst band: $(cat /run/answer)"
done
lab_on server apache2ctl stop >/run/said 2>&1
exit $failed
