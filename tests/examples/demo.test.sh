#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The demo with clients of all kinds, and in a real browser.
#
#     demo.test.sh clients|connections|browser DEMO
set -u
. "$(dirname "$0")/../support/test.sh"
here=$(dirname "$0")
demo=$2
if [ "$1" = clients ]; then
    needs python3
    exec python3 "$here/demo.py" "$demo"
fi
if [ "$1" = connections ]; then
    needs python3
    exec python3 "$here/../../benchmarks/many_connections.py" "$demo" 300
fi
. "$here/../support/playwright.sh"
why=$(playwright_ready) || skip "$why"
playwright_ready
work=$(mktemp -d) || exit 1
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
: >"$work/log"
"$demo" --port 0 2>"$work/log" &
server=$!
port=$(listening_port "$work/log") || exit 1
"${demo_browser[@]}" "https://localhost:$port/" --all >"$work/browser"
status=$?
cat "$work/browser"
[ $status -eq 0 ] || exit 1
# curl, by both of its versions of HTTP: the same page; a new connection for each request has shown
# too little. A busy machine may send a segment again, which voids a probe: so up to three tries.
if command -v curl >/dev/null; then
    for version in --http1.0 --http1.1 --http2; do
        badge=Allowed
        [ $version != --http1.0 ] || badge='One question first'
        for _ in 1 2 3; do
            page=$(curl -skL $version "https://localhost:$port/")
            [[ $page = *"class=\"badge\">$badge<"* ]] && break
        done
        # The browser chooses as curl does.
        by=$(curl -sk $version -o /dev/null -w '%{http_version}' "https://localhost:$port/healthz")
        [ $version != --http2 ] || [ "$by" = 1.1 ] || grep -q '^protocol: h2$' "$work/browser" ||
            fail "the browser does not choose HTTP/$by"
        text='round trip*takes '
        [ $version != --http1.0 ] || text='The measurement is not finished'
        [[ $page = *"class=\"badge\">$badge<"*$text* ]] ||
            fail "curl $version got: $page"
    done
fi
kill $server
wait $server || fail "it ends with $?"
exit $failed
