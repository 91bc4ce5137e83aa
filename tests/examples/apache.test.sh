#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# mod_aroma in the system's apache2, on loopback: what it says, to whom, and under what load. What a
# path changes is in tests/lab/apache.test.sh.
#
#     apache.test.sh variables|probes|settings|load MODULE
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/test.sh"
. "$here/../support/apache.sh"
part=$1
apache_needs
apache_folder "$2"
read -r plain tls origin < <(apache_ports 3)
http=http://127.0.0.1:$plain https=https://127.0.0.1:$tls
ask() { curl -sk --max-time 20 "$@"; }
# N lines of the log since the last call, each of which is like PATTERN.
logs() { # N PATTERN WHAT
    local line
    while read -r line; do
        [[ $line == $2 ]] || fail "$3: $line"
    done < <(asked 5 "$1")
    apache_logged=$(wc -l <"$work/access")
}
# A busy machine may void a handshake, as one that stood still within it: then it comes again.
handshake() { # N PATTERN WHAT COMMAND...
    local try
    for try in 1 2 3; do
        "${@:4}" >"$work/out" 2>&1
        within 5 more "$1" && [[ $(tail -n 1 "$work/access") == *status=probes_void* ]] || break
        apache_logged=$(wc -l <"$work/access")
    done
    logs "${@:1:3}"
}
lines() { # what most configurations have
    printf 'Listen 127.0.0.1:%s\nListen 127.0.0.1:%s https\n' "$plain" "$tls"
    printf 'AcceptFilter http none\nAcceptFilter https none\nAroma on\nProtocols h2 h2c http/1.1\n'
    printf '<VirtualHost *:%s>\nServerName first.test\nSSLEngine on\n' "$tls"
    printf 'SSLCertificateFile cert\nSSLCertificateKeyFile key\n</VirtualHost>\n'
}
scored='band=@(normal|unstable|suspicious) score=[01].[0-9][0-9][0-9] excess=+([0-9]).[0-9][0-9][0-9]'
scored+=' status=ok basis=reference_over_excess'
unprobed='band=unknown score=- excess=@(-|+([0-9]).[0-9][0-9][0-9]) status=unprobed basis=none probes=0'

variables() {
    apache_conf event < <(
        lines
        cat <<CONF
SSLSessionTickets on
<VirtualHost *:$tls>
ServerName second.test
SSLEngine on
SSLCertificateFile cert
SSLCertificateKeyFile key
Aroma off
</VirtualHost>
<VirtualHost *:$tls>
ServerName third.test
SSLEngine on
SSLCertificateFile cert
SSLCertificateKeyFile key
</VirtualHost>
<VirtualHost *:$plain>
ServerName rules.test
RewriteEngine on
RewriteCond %{ENV:AROMA_BAND} =unknown
RewriteCond %{ENV:AROMA_STATUS} =unprobed
RewriteRule ^/asks$ /index.html
SetEnvIf AROMA_BAND ^unknown$ seen=yes
Header set Seen %{seen}e
Header set Band %{AROMA_BAND}e
Header set Expression "expr=%{reqenv:AROMA_BAND}"
ProxyPass /origin http://127.0.0.1:$origin/
RequestHeader set Aroma-Band %{AROMA_BAND}e
RequestHeader unset Aroma_Band
</VirtualHost>
CONF
    )
    apache_start || exit 1
    # Over one connection, and no pause between the requests becomes a score.
    ask "$http/?[1-3]" >"$work/out"
    logs 3 "* HTTP/1.1 200 /index.html $unprobed env=unknown" "plain HTTP"
    ask --http2-prior-knowledge "$http/" >"$work/out"
    logs 1 "* HTTP/2.0 200 /index.html $unprobed env=unknown" "plain HTTP/2"
    # TLS: the handshake is a probe, once.
    local arguments
    for arguments in "--http1.1 --tls-max 1.2" "--http1.1 --tlsv1.3" "--http2 --tls-max 1.2" \
        "--http2 --tlsv1.3"; do
        # shellcheck disable=SC2086
        handshake 3 "* HTTP/[12].[01] 200 /index.html $scored probes=1 env=+([a-z])" "$arguments" \
            ask $arguments "$https/?[1-3]"
    done
    # A session that is resumed, by either version.
    for arguments in -tls1_2 -tls1_3; do
        resumed() {
            for more in -sess_out -sess_in; do
                printf 'GET / HTTP/1.1\r\nHost: first.test\r\nConnection: close\r\n\r\n' |
                    timeout 10 openssl s_client -connect "127.0.0.1:$tls" $arguments $more \
                        "$work/session" -ign_eof
            done
        }
        handshake 2 "* HTTP/1.1 200 /index.html $scored probes=1 env=+([a-z])" \
            "$arguments, resumed" resumed
        grep -q '^ *Reused, ' "$work/out" || fail "$arguments: no session is resumed"
    done
    # SNI: a server whose name comes later than the connection, and one that is not measured.
    for arguments in --http1.1 --http2; do
        ask $arguments --connect-to "::127.0.0.1:$tls" https://second.test/ >"$work/out"
        logs 1 "* band=- score=- excess=- status=- basis=- probes=- env=-" "Aroma off"
        handshake 1 "* $scored probes=1 env=+([a-z])" "another name" \
            ask $arguments --connect-to "::127.0.0.1:$tls" https://third.test/
    done
    # Not TLS on the port of TLS.
    ask "http://127.0.0.1:$tls/" >"$work/out"
    logs 1 "* 400 * probes=@(-|0) *" "no TLS"

    # What other modules make of it: rules of a server see it, and so does what comes later.
    ask -D "$work/headers" -H 'Host: rules.test' "$http/asks" >"$work/out"
    grep -q '^page' "$work/out" || fail "mod_rewrite does not see it: $(cat "$work/out")"
    for arguments in 'Seen: yes' 'Band: unknown' 'Expression: unknown'; do
        grep -q "^$arguments" "$work/headers" || fail "no $arguments in $(cat "$work/headers")"
    done
    logs 1 "* 200 *" "a rule"
    # An origin behind it hears what the module says and never what a client does.
    python3 "$here/../edge/origin.py" "$origin" 2>"$work/origin" &
    local origin_pid=$!
    within 5 ask -o "$work/out" "http://127.0.0.1:$origin/"
    ask -H 'Host: rules.test' -H 'Aroma-Band: normal' -H 'aROMA-bAND: normal' \
        -H 'Aroma_Band: normal' -H 'AROMA_BAND: normal' -H 'Other: kept' "$http/origin" \
        >"$work/out"
    kill $origin_pid
    [ "$(grep -ic '^aroma.band:' "$work/out")" -eq 1 ] && grep -q '^Aroma-Band: unknown$' "$work/out" &&
        grep -q '^Other: kept$' "$work/out" || fail "the origin hears: $(cat "$work/out")"
    logs 1 "* env=unknown" "what a client says"
    apache_stop
    ! grep -qE 'AH00052|Segmentation|aroma:' "$work/error" || fail "$(cat "$work/error")"

    # Without mod_ssl, and with each other way to run; all of that with the first request's thread
    # gone.
    local mpm apache_tls=
    for mpm in prefork worker; do
        apache_conf $mpm < <(printf 'Listen 127.0.0.1:%s\nAroma on\n' "$plain")
        apache_start || exit 1
        apache_logged=0
        ask "$http/?[1-2]" >"$work/out"
        logs 2 "* 200 /index.html $unprobed env=unknown" "$mpm, without mod_ssl"
        grep -q "port $plain defers accept.*Set AcceptFilter http none" "$work/error" ||
            fail "it does not warn of AcceptFilter: $(cat "$work/error")"
        apache_stop
    done
}

probes() {
    apache_conf event < <(lines; echo 'AromaProbe redirect')
    apache_start || exit 1
    local token='aroma_probe=*([0-9a-f])' said
    code() { ask -o "$work/out" -w '%{http_code} %{redirect_url}' "$@"; }
    redirected() { # EXPECTED-URL CURL-ARGUMENT...
        said=$(code "${@:2}")
        [[ $said == "302 "$1$token ]] || fail "${*:2} is $said, and not a redirect to $1"
    }
    served() { [[ $(code "$@") == "200 " ]] || fail "$* is $(code "$@")"; }
    redirected "$http/\?" "$http/"
    local first=$said
    redirected "$http/\?" "$http/"
    [ "$first" != "$said" ] || fail "two redirects to the same place"
    redirected "$http/\?a=b&c&" "$http/?a=b&c"
    ask -i "$http/" | tr -d '\r' >"$work/out"
    for said in 'Cache-Control: no-store' 'Content-Length: 0'; do
        grep -qx "$said" "$work/out" || fail "the redirect has no $said: $(cat "$work/out")"
    done
    # What is left alone.
    served -d x "$http/"
    served -I "$http/"
    served --http1.0 "$http/"
    served -H 'Connection: close' "$http/"
    served --http2-prior-knowledge "$http/"
    served "$https/"
    for said in / '\'; do
        [[ $(code --request-target "/${said}elsewhere.test/" "$http/") == 404* ]] ||
            fail "/${said}elsewhere.test is redirected"
    done
    apache_logged=$(wc -l <"$work/access")

    # Who follows is scored, its page is what it asked for, and it is asked no more. A segment that
    # a busy machine sends again voids a probe, so that it may take two.
    served -L "$http/index.html?a=b"
    [[ $(code -L "$http/?[1-3]") == "200 200 200 " ]] || fail "three visits end as $(code -L "$http/?[1-3]")"
    asked 5 6 | grep ' 200 ' >"$work/out"
    while read -r said; do
        [[ $said == "$plain HTTP/1.1 200 /index.html "$scored" probes="[1-3]* ]] || fail "who follows: $said"
    done <"$work/out"
    # Who never keeps a connection, and who never follows: no loop, and no verdict.
    ask -L --max-redirs 3 "$http/" -H 'Connection: close' >"$work/out"
    grep -q page "$work/out" || fail "no page without a connection that stays"
    apache_logged=$(wc -l <"$work/access")
    ask -w '%{http_code}' "$http/?[1-5]" >"$work/out"
    [ "$(tr -d '\n' <"$work/out")" = 302302302page200page200 ] ||
        fail "five visits of who follows none: $(cat "$work/out")"
    logs 5 "* band=unknown * probes=0 env=unknown" "who follows none"
    # On another connection it is no answer; but its redirects have an end, and so has the visit.
    local next=${first#302 } left
    for left in 1 0; do
        said=$(code "$next")
        [[ $said == "302 $http/?aroma_probe=$left"+([0-9a-f]) ]] || fail "redirects left: $left: $said"
        next=${said#302 }
    done
    served "$next"
    tail -n 1 "$work/access" | grep -q 'band=unknown' || fail "cleared: $(tail -n 1 "$work/access")"
    # A token of another page, a changed one and none at all: it begins anew.
    next=${first#302 }
    local page rest
    for rest in "index.html?${next#*/\?}" "?aroma_probe=0${next#*probe=2}" "?${next#*/\?}0" \
        '?aroma_probe=' "?aroma_probe=2$(printf '%056d' 0)" '?aroma_probe=x&aroma_probe=y'; do
        page=${rest%%\?*}
        said=$(code "$http/$rest")
        [[ $said == "302 $http/$page?"*"aroma_probe=2"+([0-9a-f]) ]] || fail "$rest is $said"
        served -L --max-redirs 4 "$http/$rest"
    done
    # Requests in pieces, and two at once: the answer of the second is not one to the redirect.
    python3 - "$plain" <<'PY' || failed=1
import re, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET /?1 HTTP/1.1\r\nHost: x\r\n\r\nGET /?2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
said = b""
while part := s.recv(9999):
    said += part
sys.exit(said.count(b"HTTP/1.1 ") != 2 and f"not two answers: {said}")
PY
    ! grep ' 200 ' "$work/access" | grep -E '^'"$plain"' .*band=(normal|unstable).*probes=0' ||
        fail "cleared without a probe"
    apache_stop
}

settings() {
    thresholds() {
        printf 'aroma-thresholds 1\n* %s\nend\n' "$1" >"$work/new" && mv "$work/new" "$work/thresholds"
    }
    refused() { # TEXT LINE...
        apache_conf event < <(lines; printf '%s\n' "${@:2}")
        apache2 -f "$work/conf" -t >"$work/said" 2>&1 && fail "${*:2} is accepted"
        grep -qF "$1" "$work/said" || fail "${*:2}: not '$1' but $(cat "$work/said")"
    }
    refused "Aroma must be On or Off" 'Aroma perhaps'
    refused "AromaProbe is redirect or off" 'AromaProbe ping'
    refused "$work/thresholds: there is no such file" 'AromaThresholds thresholds'
    thresholds '0.7 0.3 0.9'
    refused "$work/thresholds, line 2: " 'AromaThresholds thresholds'
    # Whose every flight is late is as far away as a proxy's client, and by other thresholds is not.
    slowly() { # BAND WHAT
        handshake 2 "* 200 * band=$1 *" "$2" \
            timeout 20 python3 "$here/../support/slow_tls.py" "$tls" 0.1 / /
    }
    thresholds '0.7 0.3 0.1'
    apache_conf event < <(lines
        cat <<CONF
AromaThresholds thresholds
RemoteIPProxyProtocolExceptions 127.0.0.9
<VirtualHost *:$plain>
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
</VirtualHost>
Listen 127.0.0.1:$origin https
<VirtualHost *:$origin>
RemoteIPProxyProtocol on
SSLEngine on
SSLCertificateFile cert
SSLCertificateKeyFile key
</VirtualHost>
CONF
    )
    apache_start || exit 1
    ! grep -q 'defers accept' "$work/error" || fail "a warning that is not due: $(cat "$work/error")"
    slowly '@(suspicious|proxy)' "a slow client"
    # A damaged file changes nothing and is reported once; the next good one is in force.
    printf 'aroma-thresholds 1\n* 0.7 0.3 0.1\n' >"$work/new" && mv "$work/new" "$work/thresholds"
    within 25 grep -q "thresholds, line [0-9]*: " "$work/error" || fail "a bad file is not reported"
    slowly '@(suspicious|proxy)' "a damaged file"
    # Behind a balancer the score is the balancer's.
    local balanced='band=unknown score=- excess=- status=behind_balancer basis=none probes=0 env=unknown'
    ask -H 'X-Forwarded-For: 192.0.2.1' "$http/" >"$work/out"
    logs 1 "* 200 * $balanced" "X-Forwarded-For of a proxy that is trusted"
    ask "$http/" >"$work/out"
    logs 1 "* 200 * $unprobed env=unknown" "without X-Forwarded-For"
    for arguments in --http1.1 --http2; do
        ask $arguments --haproxy-protocol "https://127.0.0.1:$origin/" >"$work/out"
        logs 1 "* 200 * $balanced" "$arguments over the PROXY protocol"
    done
    thresholds '0.000003 0.000002 0.000001'
    within 25 grep -q "the thresholds of the file are in force" "$work/error" ||
        fail "a good file is not read"
    [ "$(grep -c 'thresholds, line' "$work/error")" -eq 1 ] ||
        fail "not one report: $(cat "$work/error")"
    slowly normal "the file that is mended"
    apache_stop
}

load() {
    needs h2load:nghttp2-client
    apache_conf event < <(lines; echo 'AromaProbe redirect')
    apache_start || exit 1
    # Many streams of one connection at once, each in a thread of its own.
    h2load -c 8 -m 20 -n 4000 -t 2 "$https/" >"$work/out" 2>&1
    grep -q '4000 succeeded, 0 failed, 0 errored' "$work/out" || fail "HTTP/2: $(cat "$work/out")"
    h2load -c 8 -n 2000 --h1 "$https/" >"$work/out" 2>&1
    grep -q '2000 succeeded, 0 failed, 0 errored' "$work/out" || fail "HTTP/1.1: $(cat "$work/out")"
    logs 6000 "* 200 * band=@(normal|unstable|suspicious|unknown) * probes=[01] *" "under load"
    [ "$(grep -c 'status=ok' "$work/access")" -ge 3000 ] || fail "too few are scored"
    # Restarts that nobody notices: each visitor has a connection of its own, some with TLS.
    local visitors=() lost i
    for i in 1 2 3 4; do
        ask -o /dev/null -w '%{http_code}\n' -H 'Connection: close' \
            "$([ $((i % 2)) = 0 ] && echo "$http" || echo "$https")/?[1-150]" >"$work/out.$i" &
        visitors+=($!)
    done
    for i in 1 2 3; do
        sleep 0.4
        kill -USR1 $apache
        within 10 bash -c "[ \"\$(grep -c 'resuming normal' '$work/error')\" -gt $i ]" ||
            fail "restart $i does not end: $(cat "$work/error")"
    done
    wait "${visitors[@]}"
    lost=$(cat "$work"/out.? | grep -cvx 200)
    [ "$lost" -eq 0 ] && [ "$(cat "$work"/out.? | wc -l)" -eq 600 ] || fail "$lost of 600 were lost"
    ask "$https/" >"$work/out"
    tail -n 1 "$work/access" | grep -q 'status=ok .*probes=1' ||
        fail "after three restarts: $(tail -n 1 "$work/access")"
    apache_stop
    ! grep -E 'AH00052|Segmentation|exit signal' "$work/error" || fail "a process has crashed"
}

shopt -s extglob
$part
exit $failed
