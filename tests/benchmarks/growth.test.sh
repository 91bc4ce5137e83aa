#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# How cost grows, in short: what grows no faster than the connections, what does not grow at all,
# and that the published table is of the published run.
#
#     growth.test.sh REPOSITORY BENCHMARK_GROWTH AROMA_TOP
set -u
. "$(dirname "$0")/../support/test.sh"
needs jq python3
repository=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
table() { python3 "$repository/benchmarks/growth_table.py" "$@"; }

published=$repository/benchmarks/results/growth
{ head -n 2 "$published.md" && table <"$published.jsonl"; } | cmp -s - "$published.md" ||
    fail "growth.md is not the table of growth.jsonl"
[ "$(jq -s 'length' "$published.jsonl")" -ge 4 ] &&
    [ "$(jq -s '.[-1].connections' "$published.jsonl")" -ge 300000 ] ||
    fail "the published run ends early"

# aroma-top keeps its 10,000 rows: from there on nothing more.
sizes=(1000 4000 12000 24000)
"$repository/benchmarks/growth_namespace.sh" python3 "$repository/benchmarks/growth.py" "$2" "$3" \
    --quick "${sizes[@]}" >"$work/runs" 2>"$work/why"
status=$?
[ $status -ne 77 ] || { cat "$work/runs"; exit $((failed ? 1 : 77)); }
[ $status -eq 0 ] || { cat "$work/runs" "$work/why"; exit 1; }
table <"$work/runs"
[ "$(table <"$work/runs" | wc -l)" -ge 15 ] &&
    [ "$(table --data <"$work/runs" | grep -c '^[0-9]')" -eq ${#sizes[@]} ] ||
    fail "no table, or no data"
figure() { jq -s ".[$1].$2" "$work/runs"; }
for i in "${!sizes[@]}"; do
    [ "$(figure "$i" connections)" -eq "${sizes[i]}" ] ||
        fail "run $i is of $(figure "$i" connections) connections"
    holds "$(figure "$i" dump_ns) < 1.5 * $(figure "$i" bare_dump_ns)" \
        "a dump of ${sizes[i]} against the same by hand"
    # The kernel chooses, and nothing else of the host is copied.
    for filtered in by_port_ns by_state_ns; do
        holds "$(figure "$i" $filtered) < $(figure "$i" bare_dump_ns)" \
            "what filters, against a dump by hand, of ${sizes[i]}"
    done
done
# A refresh grows as the dump in it does. They are not of the same moment, and another's work may
# have disturbed one of the two.
refresh_over_dump() { echo "$(figure "$1" top_refresh_ns) / $(figure "$1" bare_dump_ns)"; }
holds "$(refresh_over_dump 3) < 4 * $(refresh_over_dump 0)" "a refresh of aroma-top"
holds "$(figure 3 top_memory_kb) < 1.02 * $(figure 2 top_memory_kb) + 100" "aroma-top's memory, kB"
holds "$(figure 3 top_memory_kb) < 20000" "aroma-top's memory, kB"
for figure in baseline_bytes page_bytes; do
    holds "$(figure 3 $figure) < 1.1 * $(figure 0 $figure)" \
        "$figure, which connections do not change"
done
exit $failed
