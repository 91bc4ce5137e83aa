#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What ./examples/run.sh lab shows is so: each row says what physics says of its path, compared within one run, and README.md shows
# the same.
#
#     proxy.test.sh TLS_SERVER AROMA_LINK
set -u
output=$(bash "$(dirname "$0")/../../examples/lab.sh" "$@")
status=$?
echo "$output"
[ $status -eq 0 ] || exit $status

failed=0
column() { awk -v host="$1" -v proxy="$2" -v from_end="$3" '$1 == host && index($0, proxy) { print $(NF - from_end) }' <<<"$output"; }
expect() { awk "BEGIN { exit !($1) }" || { echo "FAILED: expected $1"; failed=1; }; }
is() { [[ " $2 " == *" $1 "* ]] || { echo "FAILED: expected one of $2, got '$1'"; failed=1; }; }

# Across the layers: no direct client is accused, every one behind a proxy is.
for direct in home wifi routed; do is "$(column $direct direct 0)" "normal unstable"; done
is "$(column office microsocks 0)" "suspicious proxy"
for proxy in microsocks socat haproxy; do
    grep -q "$proxy: skipped" <<<"$output" || is "$(column far $proxy 0)" "suspicious proxy"
done

# TCP's ratio: sees the proxy while its ACKs are held back, and past 40 ms does not: a limit of the method, and the README says so.
home=$(column home direct 3) office=$(column office microsocks 3) far=$(column far microsocks 3)
expect "$home >= 0.7"
expect "$office < $home / 3 && $office < 0.3"
expect "$far > $office * 2"

here=$(dirname "$0")
grep -q ': skipped: ' <<<"$output" || "$here/../support/form.sh" "$here/../../README.md" examples/lab.sh <(echo "$output") || failed=1
exit $failed
