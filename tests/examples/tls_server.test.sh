#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# tls_server with real clients, good and bad: every connection is one JSON line with its exchanges
# and its assessment.
#
#     tls_server.test.sh TLS_SERVER
set -u
. "$(dirname "$0")/../support/test.sh"
needs curl openssl jq
work=$(mktemp -d) || exit 1
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
certificate "$work/cert" "$work/key" || exit 1
"$1" --cert "$work/cert" --key "$work/key" --port 0 --json >"$work/out" 2>"$work/err" &
server=$!
port=$(listening_port "$work/err") || exit 1
url=https://127.0.0.1:$port

lines=0
ended() { [ "$(wc -l <"$work/out")" -ge "$1" ]; }
# The line of the connection that has just ended, into `line`.
last_line() {
    lines=$((lines + 1))
    within 12 ended $lines
    [ "$(wc -l <"$work/out")" -eq $lines ] || fail "$(wc -l <"$work/out") lines instead of $lines"
    line=$(tail -n 1 "$work/out")
}
holds() { # a jq filter, of the last line
    jq -e "$1" >/dev/null <<<"$line" || fail "$1 does not hold of $line"
}

for version in 1.2 1.3; do
    for _ in 1 2 3; do # on a busy machine the kernel sends something twice, and the probe is void
        answer=$(curl -skL --tlsv$version --tls-max $version "$url/")
        last_line
        jq -e '.replies == .probes' >/dev/null <<<"$line" && break
    done
    holds '.band and .basis == "reference_over_excess" and .status == "ok" and .score > 0 and .score <= 1'
    holds '[.moments[].moment] == ["opening", "tls", "request", "redirect"]'
    holds '[.moments[0, 1, 3].basis] | all(. == "reference_over_excess")'
    holds '[.moments[].minimum_us] | all(. > 0)'
    holds '.replies == 2 and .probes == 2 and .cleared == false'
    [ "$(jq -c 'del(.moments)' <<<"$answer")" = "$(jq -c 'del(.moments)' <<<"$line")" ] ||
        fail "the client was told something else: $answer"
done

# TCP alone, and what a client answers to another connection or out of its head, is no reply.
curl -sk "$url/score?[1-3]" -o /dev/null
last_line
holds '[.moments[].moment] == ["opening", "tls", "request", "request", "request"]'
holds '.moments[4].basis == "min_over_smoothed" and .probes == 1'
curl -sk "$url/" "$url/probe/0/0123456789abcdef" "$url/probe/0/0123456789abcdef" >/dev/null
last_line
holds '[.moments[].moment] == ["opening", "tls", "request", "redirect", "request"]'
holds '.moments[3].status == "probe_token" and .moments[3].score == null'
holds '.probes == 2 and .replies <= 1'
taken=$(curl -sk -o /dev/null -w '%{redirect_url}' "$url/")
last_line
curl -sk "$url/" "$taken" >/dev/null
last_line
holds '.moments[3].moment == "redirect" and .moments[3].status == "probe_token"'
next=$(curl -sk -o /dev/null -w '%{redirect_url}' "$url/")
last_line
[[ $taken =~ ^$url/probe/0/[0-9a-f]{16}$ && $next != "$taken" ]] ||
    fail "redirects to $taken and $next"
for _ in 1 2 3; do
    curl -skL "$url/4" -o /dev/null
    last_line
    jq -e '.replies == .probes' >/dev/null <<<"$line" && break
done
holds '[.moments[].moment] == ["opening", "tls", "request"] + [range(4) | "redirect"]'
holds '.replies == 5 and .probes == 5 and .cleared == false' # the client chose all of their moments
holds '[.moments[0, 1, 3, 4, 5, 6].stamps_ms] | all(. >= 0)'
holds '.moments[2].stamps_ms == null and .tick_us > 0'
[ "$(curl -skL -o /dev/null -w '%{num_redirects} %{http_code}' "$url/9")" = "9 200" ] ||
    fail "/9 is not redirected nine times"
last_line
[ "$(curl -skL -H 'Connection: close' -o /dev/null -w '%{num_redirects} %{http_code}' "$url/3")" \
    = "3 200" ] || fail "a client with a connection for each request is redirected without end"
lines=$((lines + 3)) # of its four connections, last_line waits for the last
last_line
[ "$(curl -sk -I -o /dev/null -w '%{http_code} %{size_download}' "$url/score")" = "200 0" ] ||
    fail "HEAD is answered with a body"
last_line
for path in nowhere 0 10 04 : probe probe/ probe/1 probe/x/y; do
    [ "$(curl -sk -o /dev/null -w '%{http_code}' "$url/$path")" = 404 ] || fail "no 404 for /$path"
    last_line
done

# What is no TLS, what is no HTTP, and a client that goes away: one line each, no more harm.
curl -s -o /dev/null "http://127.0.0.1:$port/"
last_line
holds '.status != "ok" and .band == "unknown" and .score == null'
printf 'garbage\r\n\r\n' | openssl s_client -quiet -connect "127.0.0.1:$port" >/dev/null 2>&1
last_line
holds '.moments | length == 2'
exec 3<>"/dev/tcp/127.0.0.1/$port" && exec 3>&-
last_line
holds '.moments == [] and .status == "no_sample" and .probes == 0'
curl -skL -o /dev/null "$url/" || fail "it does not answer any more"
last_line

# It names what is wrong with its command line.
for wrong in "" "--cert x" "--cert x --key" "--cert $work/cert --key $work/key --port x" \
    "--cert $work/cert --key $work/key --port 65536" "--verbose"; do
    # shellcheck disable=SC2086
    "$1" $wrong >"$work/wrong" 2>&1 && fail "it accepts: $wrong"
    grep -qE 'usage:|are needed' "$work/wrong" ||
        fail "nothing useful about: $wrong: $(cat "$work/wrong")"
done
"$1" --cert "$work/key" --key "$work/cert" >"$work/wrong" 2>&1 &&
    fail "it accepts a key as a certificate"
grep -q 'cannot use' "$work/wrong" ||
    fail "nothing useful about a wrong certificate: $(cat "$work/wrong")"
"$1" --cert "$work/cert" --key "$work/key" --port "$port" >"$work/wrong" 2>&1 &&
    fail "it listens twice on one port"
grep -q 'cannot listen on port' "$work/wrong" ||
    fail "nothing useful about a taken port: $(cat "$work/wrong")"
exit $failed
