#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The static facts and the unit tests, the fuzz corpora, and where it makes sense the tests on real
# sockets, as other people compile them.
#
#     ./tests/variants.sh [VARIANT...]         all of them without one; each takes one to five
#                                              minutes; --no-install: with what is there
#
#     AROMA_KINDS="static fuzz"     of those of each variant: static, fuzz, unit, live
#
# What cannot be had here is skipped by name. Exit status: 1 where a test failed.
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh

[ "${1:-}" != --help ] || { sed -n '4,/^set/s/^# \{0,1\}//p' tests/variants.sh; exit; }
all=(hardened integer m32 x87 unity libc++ clang-19 fast-math fast-finite valgrind s390x linux-6.1)
wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${all[@]}")
for variant in "${wanted[@]}"; do
    [[ " ${all[*]} " = *" $variant "* ]] ||
        { echo "aroma: no such variant: $variant: one of ${all[*]}" >&2; exit 2; }
done
# g++-multilib would do for -m32, but no cross compiler can be installed beside it; g++-12-multilib
# can.
need g++ clang catch2 libfmt-dev libboost-dev libc++-dev libc++abi-dev clang-19 valgrind qemu-user \
    qemu-system-x86 \
    g++-s390x-linux-gnu \
    "g++-$(g++ -dumpversion 2>/dev/null || echo 12)-multilib" || true
build_folder variants || exit 1
build=$PWD/build/variants
jobs=${AROMA_JOBS:-2}

# Libraries' headers alone, without the rest of /usr/include, which is another machine's to a cross
# compiler.
mkdir -p "$build/include"
ln -sfn /usr/include/fmt "$build/include/fmt"
ln -sfn /usr/include/catch2 "$build/include/catch2"
# What all tests with Catch2 begin with, compiled once for each variant.
printf '#define AROMA_RECORDINGS "%s"\n#define AROMA_THRESHOLDS "%s"\n#include "%s"\n' \
    "${AROMA_RECORDINGS:-$PWD/../shared/data}" "$PWD/tests/live/thresholds.txt" \
    "$PWD/tests/support/catch.hpp" >"$build/first.hpp"
printf '#define CATCH_CONFIG_MAIN\n#define CATCH_CONFIG_NO_POSIX_SIGNALS\n#include <catch2/catch.hpp>\n' >"$build/main.cpp"

# Compiles each source named to an object in $folder; false where one does not.
compile() {
    printf '%s\n' "$@" | xargs -P "$jobs" -I{} sh -c '
        object=$0/$(echo "{}" | tr / _).o
        $COMPILE -c "{}" -o "$object" 2>"$object.log" || { head -n 5 "$object.log" >&2; echo "aroma: {} does not compile" >&2; exit 1; }' "$folder"
}

# NAME COMPILER RUNNER FLAG...: $kinds are what is built; $excluded are files that it cannot compile
variant() {
    local name=$1 compiler=$2 runner=$3 begun=$SECONDS kind passed=0 run=0 result
    shift 3
    local folder=$build/$name sources=() objects=()
    export folder
    # shellcheck disable=SC2086
    if ! command -v ${compiler%% *} >/dev/null ||
        { [ -n "$runner" ] && ! command -v ${runner%% *} >/dev/null; }; then
        printf '%-10s skipped: no %s\n' "$name" "${compiler%% *}${runner:+ or no ${runner%% *}}"
        return 0
    fi
    rm -rf "$folder" && mkdir -p "$folder"
    echo 'int main() {}' >"$folder/try.cpp"
    # shellcheck disable=SC2086
    if ! $compiler "$@" "$folder/try.cpp" -o "$folder/try" 2>"$folder/try.log" ||
        ! $runner "$folder/try" >>"$folder/try.log" 2>&1; then
        printf '%-10s skipped: %s\n' "$name" \
            "no program can be built and run so: $(head -n 1 "$folder/try.log")"
        return 0
    fi
    export COMPILE="$compiler -std=c++20 -I$PWD/include -isystem $build/include -DFMT_HEADER_ONLY $*"
    local said=() failed=0
    for kind in ${AROMA_KINDS:-$kinds}; do
        result=0
        case $kind in
        static)
            if [ "$name" = unity ]; then
                # All that they include first, and each in a namespace of its own, since their names
                # are short.
                {
                    cat tests/static/*.[ch]pp tests/support/diag_bytes.hpp |
                        grep -hE '^#include <' | sort -ru
                    printf '#include "%s"\n' "$PWD"/tests/static/*.hpp \
                        "$PWD"/tests/support/diag_bytes.hpp
                    for source in tests/static/*.cpp; do
                        printf 'namespace %s {\n#include "%s"\n}\n' \
                            "unit_of_$(basename "$source" .cpp)" "$PWD/$source"
                    done
                    echo 'int main() {}'
                } >"$folder/unity.cpp"
                compile "$folder/unity.cpp" || result=1
                run=$(ls tests/static/*.cpp | wc -l)
            else
                compile tests/static/*.cpp tests/layout/*.cpp tests/includes/*.cpp || result=1
                run=$(ls tests/static/*.cpp tests/layout/*.cpp tests/includes/*.cpp | wc -l)
            fi
            [ $result -eq 0 ] && passed=$run || passed=0
            said+=("static $passed/$run files")
            ;;
        fuzz)
            run=0 passed=0
            compile tests/fuzz/corpus_driver.cpp || result=1
            for target in ${corpora:-baseline_text endpoint prometheus score sock_diag tcp_info \
                threshold_table}; do
                run=$((run + 1))
                # shellcheck disable=SC2086
                compile "tests/fuzz/$target.cpp" &&
                    $compiler "$@" "$folder/tests_fuzz_$target.cpp.o" \
                    "$folder/tests_fuzz_corpus_driver.cpp.o" -o "$folder/fuzz-$target" &&
                    $runner "$folder/fuzz-$target" "tests/fuzz/corpus/$target.tar" \
                    >"$folder/fuzz-$target.log" 2>&1 && passed=$((passed + 1)) || result=1
            done
            said+=("fuzz $passed/$run corpora")
            ;;
        unit | live)
            sources=()
            for source in tests/$kind/*.cpp; do
                [[ " ${excluded:-} " = *" $source "* ]] || sources+=("$source")
            done
            objects=("$folder/$(echo "$build/main.cpp" | tr / _).o")
            for source in "${sources[@]}"; do
                objects+=("$folder/$(echo "$source" | tr / _).o")
            done
            [ -e "${objects[0]}" ] || compile "$build/main.cpp" || result=1
            # shellcheck disable=SC2086
            if [ ! -e "$folder/first.hpp" ]; then
                cp "$build/first.hpp" "$folder/first.hpp"
                $COMPILE -x c++-header "$folder/first.hpp" -o "$folder/first.hpp.gch"
            fi
            if COMPILE="$COMPILE -include $folder/first.hpp" compile "${sources[@]}" &&
                $compiler "$@" "${objects[@]}" -o "$folder/$kind-tests" -pthread; then
                $runner "$folder/$kind-tests" >"$folder/$kind.log" 2>&1 || result=1
                local summary
                summary=$(grep -aE '^(All tests passed|test cases:)' "$folder/$kind.log" |
                    tail -n 1)
                if [[ $summary = All* ]]; then
                    run=$(sed -E 's/.* in ([0-9]+) test cases?.*/\1/' <<<"$summary") passed=$run
                else
                    run=$(sed -nE 's/^test cases: *([0-9]+) .*/\1/p' <<<"$summary") passed=$(sed -nE 's/.*\| *([0-9]+) passed.*/\1/p' <<<"$summary")
                fi
                said+=("$kind ${passed:-0}/${run:-?} tests")
            else
                result=1
                said+=("$kind: does not build")
            fi
            ;;
        esac
        [ $result -eq 0 ] || failed=1
    done
    local list
    list=$(printf '%s, ' "${said[@]}")
    printf '%-10s %-6s %4d s   %s%s\n' "$name" \
        "$([ $failed -eq 0 ] && echo passed || echo FAILED)" $((SECONDS - begun)) "${list%, }" \
        "$([ $failed -eq 0 ] || echo "   (see build/variants/$name/*.log)")"
    return $failed
}

status=0
for name in "${wanted[@]}"; do
    kinds="static fuzz unit" excluded="" corpora="" \
        inexact="tests/unit/logarithm.cpp tests/unit/explain.cpp"
    case $name in
    hardened) kinds="static fuzz unit live" &&
        variant hardened g++ "" -O2 -D_GLIBCXX_ASSERTIONS -D_FORTIFY_SOURCE=3 \
        -fstack-protector-strong -D_GLIBCXX_DEBUG ;;
    # Unsigned numbers that wrap and conversions that lose something too; integer.ignore has those
    # that are meant. A report of a corpus would go to its standard error, which is none.
    integer) UBSAN_OPTIONS=log_path=$build/integer/found,halt_on_error=1 variant integer clang++ \
        "" -O1 -g1 \
        -fsanitize=integer,implicit-conversion,nullability,float-divide-by-zero,local-bounds \
        -fno-sanitize-recover=all \
        "-fsanitize-ignorelist=$PWD/tests/integer.ignore" ;;
    # By qemu, as not every kernel runs 32-bit programs. asm/ is where it is for 64 bits, since no
    # link to it can be installed beside a cross compiler.
    m32) variant m32 g++ qemu-i386 -O2 -D_FILE_OFFSET_BITS=64 -m32 -msse2 -mfpmath=sse -static \
        -idirafter "/usr/include/$(uname -m)-linux-gnu" ;;
    # Without SSE, as Debian's i386 is compiled: doubles are then computed with 80 bits and rounded
    # twice.
    x87) variant x87 g++ qemu-i386 -O2 -D_FILE_OFFSET_BITS=64 -m32 -static \
        -idirafter "/usr/include/$(uname -m)-linux-gnu" ;;
    unity) kinds="static" && variant unity g++ "" -O1 ;;
    libc++) variant libc++ clang++ "" -O1 -stdlib=libc++ ;;
    clang-19) variant clang-19 clang++-19 "" -O2 ;;
    # With -ffast-math the compiler may assume that nothing is not a number, and a test that
    # compares with one cannot hold (tests/fast_math looks at bits): so what is handed one is tested
    # with all of that but this assumption, and the rest with all of it. Left out are the tests of
    # logarithms and of explanations by their last digits.
    fast-math) excluded=$inexact &&
        variant fast-math g++ "" -O3 -ffast-math -fno-finite-math-only ;;
    fast-finite) kinds="fuzz unit" &&
        excluded=$inexact &&
        corpora="baseline_text endpoint prometheus sock_diag tcp_info threshold_table" &&
        variant fast-finite g++ "" -O3 -ffast-math ;;
    valgrind) kinds="fuzz" && variant valgrind g++ "valgrind -q --error-exitcode=9" -O1 -g ;;
    s390x) variant s390x s390x-linux-gnu-g++ "qemu-s390x" -O1 -static ;;
    # On the kernel that Debian 12 has, whatever this machine runs. Without what needs a disk.
    linux-6.1)
        excluded=$(echo tests/live/{atomic,baseline,threshold}_file*.cpp)
        kinds=live && variant linux-6.1 g++ "tests/support/in_linux_6_1.sh $build/linux" \
            -O1 -static
        ;;
    esac || status=1
done
exit $status
