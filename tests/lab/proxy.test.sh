#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What ./examples/run.sh lab shows is so: each row says what physics says about its path, compared
# within one run, and a page shows the same.
#
#     proxy.test.sh TLS_SERVER AROMA_LINK
set -u
here=$(dirname "$0")
. "$here/../support/test.sh"
output=$(bash "$here/../../examples/lab.sh" "$@")
status=$?
echo "$output"
[ $status -eq 0 ] || exit $status

column() {
    awk -v host="$1" -v proxy="$2" -v from_end="$3" \
        '$1 == host && index($0, proxy) { print $(NF - from_end) }' <<<"$output"
}

# Across the layers: no direct client is accused, every one behind a proxy is.
for direct in home wifi routed; do
    one_of "$(column $direct direct 0)" "normal unstable" $direct
done
one_of "$(column office microsocks 0)" "suspicious proxy" "office behind microsocks"
for proxy in microsocks socat haproxy; do
    grep -q "$proxy: skipped" <<<"$output" ||
        one_of "$(column far $proxy 0)" "suspicious proxy" "far behind $proxy"
done

# TCP's ratio: sees the proxy while its ACKs are held back, and past 40 ms does not: a limit of the
# method, and docs/limits.md says so.
home=$(column home direct 3) office=$(column office microsocks 3) far=$(column far microsocks 3)
holds "$home >= 0.7"
holds "$office < $home / 3 && $office < 0.3"
holds "$far > $office * 2"

grep -q ': skipped: ' <<<"$output" ||
    "$here/../support/form.sh" "$here/../.." examples/lab.sh <(echo "$output") || failed=1
exit $failed
