#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The demo on paths whose truth is known, in a real Chromium: the page that a person sees 20 ms
# away, and 60 ms behind proxies, the first four of these that are installed; with AROMA_LAB=whole,
# behind all six. Behind microsocks, three clients that would not be measured, too.
#
#     demo.test.sh DEMO AROMA_LINK
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
. "$here/../support/playwright.sh"
why=$(playwright_ready) || skip "$why"
playwright_ready
lab_enter "$0" "$@" || exit 77
demo=$1
AROMA_LINK=$2
needs curl

for host in server home near far; do lab_host $host || exit 1; done
lab_link home 10.77.1.2 server 10.77.1.1 --delay 10 || exit 1
lab_link near 10.77.5.2 server 10.77.5.1 --delay 0.5 || exit 1
lab_link far 10.77.7.2 near 10.77.7.1 --delay 30 || exit 1
lab_on server "$demo" --address :: --port 8443 2>/run/demo.log &
lab_listens server 127.0.0.1 8443 ||
    { echo "FAILED: the demo does not answer: $(cat /run/demo.log)"; exit 1; }

tried=0
echo "direct, 20 ms"
lab_on home "${demo_browser[@]}" https://10.77.1.1:8443/ --expect direct || failed=1

# What a person sees behind the proxy in `via`, and what a program gets there.
behind() { # PROXY
    local failed=0 score page
    echo "behind $1, 60 ms"
    lab_on far "${demo_browser[@]}" https://10.77.5.1:8443/ --expect proxied \
        -- "${chromium_via[@]}" || failed=1
    score=$(lab_on far curl -sk --max-time 20 "${via[@]}" "https://10.77.5.1:8443/score?[1-2]" |
        tail -n 1)
    [[ $score = *'"band":"suspicious"'* || $score = *'"band":"proxy"'* ]] ||
        fail "behind $1 curl got $score"
    page=$(lab_on far curl -skL --max-time 20 "${via[@]}" https://10.77.5.1:8443/)
    [[ $page = *'One question first'* ]] || fail "behind $1 curl -L is not asked"
    if [ "$1" = microsocks ] && command -v python3 >/dev/null; then
        evasive "${via[1]}" || failed=1
    fi
    return $failed
}

# Behind a SOCKS proxy: a new connection for each request, a second request always in flight, and an
# answer that leaves before its question is read, with a good token of another connection. None of
# them is called direct.
evasive() { # PROXY:PORT
    lab_on far timeout -k 5 120 python3 - "$1" <<'PYTHON'
import re, sys
from connection import Connection, client_context
host, port = sys.argv[1].split(":")
Connection.patience = 20
failed = 0

def connect():
    return Connection(("10.77.5.1", 8443), (host, int(port)), context=client_context())

def ask(client, *paths, more=""):  # of each, where it leads, and its text
    for path in paths:
        client.get(path, more)
    answers = [client.response() for _ in paths]
    return [(a.location if a.status == 302 else None, a.body.decode()) for a in answers]

def closes():
    to = "/"
    while to:
        to, text = ask(connect(), to, more="Connection: close\r\n")[0]
    return text

def sends_ahead():
    client, to = connect(), "/"
    while to:
        (to, text), _ = ask(client, to, "/healthz")
    return text

def answers_early():
    client, to = connect(), "/"
    while to:
        early, _ = ask(connect(), "/")[0]
        _, (to, text) = ask(client, "/", early)
    return text

for evasion in closes, sends_ahead, answers_early:
    page = evasion()
    headline = re.search(r"<h1>([^<]*)", page)[1]
    print(f"{evasion.__name__}: {headline}")
    if "One question first" not in page or headline in ("No proxy in sight", "Probably direct"):
        print(f"FAILED: {evasion.__name__} is told: {page}")
        failed = 1
sys.exit(failed)
PYTHON
}

# Two at a time: what is 60 ms too late is so beside another browser, too.
running=()
finish() {
    local each
    for each in "${running[@]}"; do
        wait "${each%:*}" || failed=1
        cat "/run/behind.${each#*:}"
    done
    running=()
}
for proxy in microsocks tinyproxy haproxy ssh shadowsocks socat; do
    [ "${AROMA_LAB:-}" = whole ] || [ $tried -lt 4 ] || break
    if ! proxy_start $proxy near 10.77.7.1 far 10.77.5.1 8443 >/run/why; then
        echo "behind $proxy: not tried: $(cat /run/why)"
        continue
    fi
    via_of_chromium "${via[@]}" || exit 1
    tried=$((tried + 1))
    behind $proxy >/run/behind.$proxy 2>&1 &
    running+=("$!:$proxy")
    [ ${#running[@]} -lt 2 ] || finish
done
finish
[ $tried -ge 4 ] || {
    echo "aroma: skipped: only $tried of the proxies are installed: ${proxy_packages[*]}"
    exit $((failed ? 1 : 77))
}
exit $failed
