#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# examples/fleet as Prometheus' own tool reads it: configuration, rules and alerts are valid, and
# say of written-down series what they should.
#
#     promtool.test.sh FLEET
set -u
. "$(dirname "$0")/../support/test.sh"
needs promtool:prometheus jq
here=$(cd "$(dirname "$0")" && pwd)
fleet=$(cd "$1" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "$fleet"/*.yml "$here/rules.test.yml" "$work" && cd "$work" || exit 1
asked=0
promtool check config prometheus.yml || failed=1
promtool test rules rules.test.yml || failed=1

# A control: a threshold that is not the recorded one is noticed.
sed -i 's/0.1474/0.1475/' rules.test.yml
promtool test rules rules.test.yml >/dev/null 2>&1 && fail "the rules' test cannot fail"

# The dashboard asks only for what the rules record and the servers tell.
known=$( { sed -n 's/^ *- record: \([a-z_:0-9]*\).*/\1/p' rules.yml
printf '%s\n' aroma_score_bucket aroma_score_count aroma_unknown_total \
    aroma_transport_rtt_seconds_bucket aroma_application_rtt_seconds_bucket
} | sort -u)
while read -r name; do
    asked=$((asked + 1))
    grep -qxF "$name" <<<"$known" || fail "the dashboard asks for $name, which nobody records"
done < <(jq -r '.. | .expr? // empty' "$fleet/dashboard.json" | grep -oE 'aroma[a-z_:0-9]*' |
    sort -u)
[ $asked -gt 5 ] || fail "the dashboard asks for $asked metrics"
exit $failed
