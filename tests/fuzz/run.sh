#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Fuzzes every target, one after the other, for so many seconds each, with AddressSanitizer and
# UndefinedBehaviorSanitizer; then says for each how many inputs it was given, how much of it they
# reached, and whether any broke a promise.
#
#     ./tests/fuzz/run.sh [SECONDS [TARGET...]]          30 seconds each, all of them; 0: the
#                                                        committed corpora alone; --no-install: with
#                                                        what is there
#
#     AROMA_FUZZ_BARE=1      without sanitizers: promises alone, at several times the speed
#     AROMA_FUZZ_LENGTH=600  no longer inputs than that (4096)
#     AROMA_FUZZ_MERGE=1     then takes into the committed corpora what reaches more than they do
#
# What is found on the way stays in build/fuzz/found/TARGET, and the next run begins with it. Exit
# status: 1 where there was a finding: the input is in build/fuzz/findings, and the table says how
# to give it to its target again.
set -u
unset CDPATH
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh
usage() { sed -n '/^#  /s/^#  //p' tests/fuzz/run.sh; }
[ "${1:-}" != --help ] || { usage; exit; }
seconds=${1:-30}
[[ $seconds =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
[ $# -gt 0 ] && shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for archive in tests/fuzz/corpus/*.tar; do
    targets+=("$(basename "$archive" .tar)")
done
for target in "${targets[@]}"; do
    [ -f "tests/fuzz/corpus/$target.tar" ] ||
        { echo "aroma: no such target: $target: tests/fuzz/corpus has one's inputs" >&2; exit 2; }
done
need clang libclang-rt-dev cmake ninja-build libfmt-dev libboost-dev libssl-dev \
    libcli11-dev nlohmann-json3-dev || true

bare=()
[ -z "${AROMA_FUZZ_BARE:-}" ] || bare=(-B build/fuzz-bare -DAROMA_FUZZ=fuzzer)
programs=build/fuzz${AROMA_FUZZ_BARE:+-bare} build=build/fuzz
build_folder fuzz && build_folder "${programs#build/}" || exit 1
mkdir -p $build/findings $build/logs

echo 'extern "C" int LLVMFuzzerTestOneInput(unsigned char const*, unsigned long) { return 0; }' \
    >$build/try.cpp
if ! clang++ -fsanitize=fuzzer -o $build/try $build/try.cpp 2>/dev/null; then
    echo "aroma: skipped: clang++ has no libFuzzer here"
    exit 0
fi
cmake --preset fuzz "${bare[@]}" >$build/configure.log || { cat $build/configure.log >&2; exit 1; }

found=0
printf '%-16s %14s %9s %9s %9s %8s  %s\n' target executions per_s edges features corpus findings
for target in "${targets[@]}"; do
    program=$programs/tests/fuzz-$target
    if ! cmake --build "$programs" --target "fuzz-$target" >"$build/build.log"; then
        cat "$build/build.log"
        echo "$target: does not build"
        found=1
        continue
    fi
    corpus=$build/corpus/$target archive=tests/fuzz/corpus/$target.tar
    rm -rf "$corpus" && mkdir -p "$build/found/$target" "$corpus"
    [ ! -f "$archive" ] || tar -xf "$archive" -C "$corpus" || exit 1
    log=$build/logs/$target
    how=(-close_fd_mask=3 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$build/findings/$target-" -print_final_stats=1)
    [ -n "${AROMA_FUZZ_BARE:-}" ] || how+=(-use_value_profile=1)
    if [ "$seconds" -eq 0 ]; then
        "$program" "${how[@]}" -runs=0 "$corpus" >"$log" 2>&1
    else
        "$program" "${how[@]}" -max_len=${AROMA_FUZZ_LENGTH:-4096} -max_total_time="$seconds" \
            "$build/found/$target" "$corpus" >"$log" 2>&1
    fi
    status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
    last=$(grep -E ' cov: ' "$log" | tail -n 1)
    edges=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' <<<"$last") features=$(sed -n 's/.* ft: \([0-9]*\).*/\1/p' <<<"$last") inputs=$(sed -n 's|.* corp: \([0-9]*\).*|\1|p' <<<"$last")
    finding=none
    if [ $status -ne 0 ]; then
        found=1
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        finding="$(grep -m1 -oE 'aroma: broken: .*|ERROR: .*|runtime error: .*' "$log" |
            head -n 1): $program ${input:-$corpus/*}   (log: $log)"
    fi
    printf '%-16s %14s %9s %9s %9s %8s  %s\n' "$target" "${executions:--}" "${speed:--}" \
        "${edges:--}" "${features:--}" "${inputs:--}" "$finding"
    if [ -n "${AROMA_FUZZ_MERGE:-}" ] && [ $status -eq 0 ] && [ "$seconds" -gt 0 ]; then
        # What reaches edges that nothing else does, however often it passes them.
        "$program" -set_cover_merge=1 -use_counters=0 -max_len=1024 -close_fd_mask=3 \
            "$corpus" "$build/found/$target" >>"$log" 2>&1
        # The same files always make the same bytes.
        (cd "$corpus" && tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 \
            --mtime=@0 -cf - *) >"$archive.new" && mv "$archive.new" "$archive" || exit 1
    fi
done
exit $found
