#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The site in Chromium: see site_browser.mjs.
#
#     site_browser.test.sh SITE      as site.test.sh has made it
set -u
. "$(dirname "$0")/../support/test.sh"
. "$(dirname "$0")/../support/playwright.sh"
needs python3:python3
[ -s "$1/index.html" ] || skip "there is no site"
why=$(playwright_ready) || skip "$why"
playwright_ready
log=$(mktemp)
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$1" >"$log" 2>&1 &
server=$!
trap 'kill $server; rm -f "$log"' EXIT
within 10 grep -q ' port [0-9]' "$log" || { cat "$log"; exit 1; }
port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$log" | head -n 1)
node "$(dirname "$0")/site_browser.mjs" "$playwright_folder" "$browser" "$(cd "$1" && pwd)" \
    "http://127.0.0.1:$port/"
