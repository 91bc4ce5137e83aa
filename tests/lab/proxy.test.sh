#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What ./examples/run.sh lab shows is so: the row of each path says what physics says of it, compared within one run.
#
#     proxy.test.sh EPOLL_SERVER AROMA_LINK
set -u
output=$(bash "$(dirname "$0")/../../examples/lab.sh" "$@")
status=$?
echo "$output"
[ $status -eq 0 ] || exit $status

failed=0
column() { awk -v host="$1" -v from_end="$2" '$1 == host { print $(NF - from_end) }' <<<"$output"; }
expect() { awk "BEGIN { exit !($1) }" || { echo "FAILED: expected $1"; failed=1; }; }

home=$(column home 1) office=$(column office 1) far=$(column far 1)
[ -n "$home" ] && [ -n "$office" ] && [ -n "$far" ] || { echo "FAILED: a row is missing"; exit 1; }

expect "$home >= 0.7"                 # one path
expect "$office < $home / 3"          # the proxy's held-back ACKs lift the smoothed RTT
expect "$office < 0.3"
expect "$far > $office * 2"           # past 40 ms they do not: a limit of the method, and the README says so
expect "$(column office 3) < 3"       # TCP sees the way to the proxy and not the 21 ms to the client
expect "$(column home 3) >= 20"
[ "$(column home 0)" = normal ] || { echo "FAILED: the direct client is $(column home 0)"; failed=1; }
here=$(dirname "$0")
"$here/../readme/form.sh" "$here/../../README.md" examples/lab.sh <(echo "$output") || failed=1
exit $failed
