#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The table of statuses in docs/usage.md has each enumerator of Status in its first column, where
# probe_... stands for those that begin so, and no other.
#
#     statuses.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0
mapfile -t statuses < <(sed -n '/^enum class Status/,/^};/p' include/aroma/assessment.hpp |
    grep -oE '^    [a-z_]+' | tr -d ' ')
mapfile -t listed < <(sed -n '/^| status | when |/,/^$/p' docs/usage.md | sed 1,2d | cut -d'|' -f2 |
    grep -oE '`[a-z_.]+`' | tr -d '`')
for status in "${statuses[@]}"; do
    [[ " ${listed[*]} " = *" $status "* ||
        ($status = probe_* && " ${listed[*]} " = *" probe_... "*) ]] ||
        { echo "FAILED: docs/usage.md's table has no $status"; failed=1; }
done
for name in "${listed[@]}"; do
    [[ $name = probe_... || " ${statuses[*]} " = *" $name "* ]] ||
        { echo "FAILED: no status is named $name"; failed=1; }
done
[ ${#statuses[@]} -gt 20 ] || { echo "FAILED: only ${#statuses[@]} statuses"; failed=1; }
echo "${#statuses[@]} statuses"
exit $failed
