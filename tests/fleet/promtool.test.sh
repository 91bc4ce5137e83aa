#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# examples/fleet as Prometheus' own tool reads it: configuration, rules and alerts are valid, and say of written-down series what they should.
#
#     promtool.test.sh FLEET
set -u
command -v promtool >/dev/null || { echo "aroma: skipped: promtool is needed (package prometheus)"; exit 77; }
command -v jq >/dev/null || { echo "aroma: skipped: jq is needed"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
fleet=$(cd "$1" && pwd) || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$fleet"/*.yml "$here/rules.test.yml" "$work" && cd "$work" || exit 1
failed=0 asked=0
promtool check config prometheus.yml || failed=1
promtool test rules rules.test.yml || failed=1

# A control: a threshold that is not the recorded one is noticed.
sed -i 's/0.1474/0.1475/' rules.test.yml
promtool test rules rules.test.yml >/dev/null 2>&1 && { echo "FAILED: the rules' test cannot fail"; failed=1; }

# The dashboard asks only for what the rules record and the servers tell.
known=$( { sed -n 's/^ *- record: \([a-z_:0-9]*\).*/\1/p' rules.yml; printf '%s\n' aroma_score_bucket aroma_score_count aroma_unknown_total aroma_transport_rtt_seconds_bucket aroma_application_rtt_seconds_bucket; } | sort -u)
while read -r name; do
    asked=$((asked + 1))
    grep -qxF "$name" <<<"$known" || { echo "FAILED: the dashboard asks for $name, which nobody records"; failed=1; }
done < <(jq -r '.. | .expr? // empty' "$fleet/dashboard.json" | grep -oE 'aroma[a-z_:0-9]*' | sort -u)
[ $asked -gt 5 ] || { echo "FAILED: the dashboard asks for $asked metrics"; failed=1; }
exit $failed
