#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The live page in two real browsers at once, one 20 ms away and one 60 ms behind a SOCKS proxy that
# is 1 ms from the server, and a picture of each. ./examples/run.sh lab calls it; this makes the
# pictures of examples/README.md:
#
#     examples/demo/pictures.sh DEMO AROMA_LINK FOLDER [--all]      direct.png and proxied.png in
#                                                                   it, and with --all dark ones,
#                                                                   phones, the verdict
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../tests/support/lab.sh"
. "$here/../../tests/support/proxies.sh"
. "$here/../../tests/support/playwright.sh"
playwright_ready >/dev/null || { echo "aroma: no pictures: $(playwright_ready)"; exit 77; }
lab_enter "$0" "$@" || exit 77
demo=$1
AROMA_LINK=$2
folder=$3
more=()
[ "${4:-}" != --all ] || more=(--all)

for host in server home near far; do lab_host $host || exit 1; done
lab_link home 10.77.1.2 server 10.77.1.1 --delay 10 &&
    lab_link near 10.77.5.2 server 10.77.5.1 --delay 0.5 &&
    lab_link far 10.77.7.2 near 10.77.7.1 --delay 30 || exit 1
lab_on server "$demo" --address :: --port 8443 2>/run/demo.log &
lab_listens server 127.0.0.1 8443 ||
    { echo "aroma: the demo does not answer: $(cat /run/demo.log)" >&2; exit 1; }
proxy_start microsocks near 10.77.7.1 far 10.77.5.1 8443 >/run/why ||
    { echo "aroma: no pictures: $(cat /run/why)"; exit 77; }
via_of_chromium "${via[@]}"

lab_on home "${demo_browser[@]}" https://10.77.1.1:8443/ "${more[@]}" --pictures "$folder/direct" \
    >/run/direct &
direct=$!
lab_on far "${demo_browser[@]}" https://10.77.5.1:8443/ "${more[@]}" --pictures "$folder/proxied" \
    -- "${chromium_via[@]}" >/run/proxied
status=$?
wait $direct || status=1
printf '%-52s %s\n' "a browser, direct, 20 ms away" \
    "$(sed -n 's/^live: \([^;]*\);.*/\1/p' /run/direct)" \
    "a browser, 60 ms behind microsocks, 1 ms on" \
    "$(sed -n 's/^live: \([^;]*\);.*/\1/p' /run/proxied)"
grep -h FAILED /run/direct /run/proxied
exit $status
