#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What a header cannot work with it refuses in one sentence that says what to do, and the compiler
# says nothing else: other dialects, compilers and libraries, a macro Status, linux/ without Linux.
#
#     refused.sh COMPILER PROJECT
set -u
. "$(dirname "$0")/../support/test.sh"
compiler=$1 project=$2
cd "$project/include" || exit 1
mapfile -t headers < <(find aroma -name '*.hpp' | sort)
[ ${#headers[@]} -gt 40 ] || { fail "only ${#headers[@]} headers"; exit 1; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
tried=0

compiles() { # CODE FLAG...
    printf '%b\n' "$1" >"$work/code.cpp"
    LC_ALL=C "$compiler" -fsyntax-only "${@:2}" -I"$project/include" "$work/code.cpp" \
        >"$work/said" 2>&1
}
says_only() { # SENTENCE CODE WHAT
    tried=$((tried + 1))
    [ "$(grep -c 'error: ' "$work/said")" -eq 2 ] && grep -q "error: .*$1" "$work/said" &&
        grep -q 'fatal error: .*the_error_above_says_what_to_do' "$work/said" &&
        [ "$(wc -l <"$work/said")" -le 25 ] ||
        { fail "${*:2}: not only \"$1\", but $(wc -l <"$work/said") lines:"
            head -n 6 "$work/said"; }
}
refuses() { # SENTENCE CODE FLAG...
    if compiles "${@:2}"; then fail "${*:2} compiles"; else says_only "$@"; fi
}
refuses_if() { # SENTENCE CODE FLAG...: or it compiles
    compiles "${@:2}" || says_only "$@"
}

# The libraries of integrations/ as others have them: a macro says whose it is.
relative() { # FOLDER MACRO...
    mkdir -p "$work/$1/openssl" "$work/$1/fmt"
    printf '#define %s\n' "${@:2}" | tee "$work/$1/openssl/crypto.h" >"$work/$1/openssl/ssl.h"
    printf '#define %s\n' "${@:2}" >"$work/$1/fmt/format.h"
}
relative none 'NOT_ANY 1'

sh "$project/packaging/single_header.sh" "$project" $(printf '%s\n' "${headers[@]}" |
    grep -v integrations/) >"$work/single.hpp" || fail "there is no single header"
for header in "${headers[@]}" "$work/single.hpp"; do
    code="#include \"$header\""
    for dialect in c++11 c++14 c++17; do
        refuses 'needs C++20: compile with -std=c++20' "$code" -std=$dialect -I"$work/none"
    done
done

umbrella='#include <aroma/aroma.hpp>'
refuses 'needs C++20' "$umbrella" -std=c++20 -D_MSVC_LANG=201703L
compiles '#include <aroma/detail/language.hpp>' -std=c++20 -D_MSVC_LANG=202002L ||
    fail "MSVC's C++20 is refused"
refuses 'needs C++20' "$umbrella" -x c
refuses 'needs GCC or Clang' "$umbrella" -std=c++20 -U__ATOMIC_ACQUIRE
refuses 'needs a C++20 standard library' "$umbrella" -std=c++20 -nostdinc++
single=-fsingle-precision-constant # which has a name of its own in clang
"$compiler" --version | grep -q clang && single=-cl-single-precision-constant
for header in "${headers[@]}" "$work/single.hpp"; do
    case $header in aroma/integrations/*) continue ;; esac
    tried=$((tried + 1))
    compiles "#include \"$header\"" -std=c++20 $single && fail "$header compiles with $single"
    grep -m 1 'error: ' "$work/said" | grep -q 'compile without -fsingle-precision-constant' ||
        { fail "$header with $single: not first what to do:"; head -n 6 "$work/said"; }
done
if "$compiler" --version | grep -q clang; then # MSVC's own macros
    msvc=(--target=x86_64-pc-windows-msvc -fms-compatibility -fms-extensions)
    refuses 'needs C++20' "$umbrella" "${msvc[@]}" -std=c++17
    refuses 'needs a C++20 standard library' "$umbrella" "${msvc[@]}" -std=c++20
fi

for header in "${headers[@]}"; do
    case $header in aroma/integrations/*) continue ;; esac
    refuses_if 'Status is a macro' "#include <$header>" -std=c++20 -DStatus=int
    compiles "#include <$header>" -std=c++20 -U__linux__ ||
        says_only "asks Linux' kernel" "#include <$header>"
done
refuses 'Status is a macro' "$umbrella" -std=c++20 -DStatus=int
refuses 'Status is a macro' "$umbrella\n#define Status int\n#include <aroma/linux/sock_diag.hpp>" \
    -std=c++20
refuses 'Status is a macro' "#include \"$work/single.hpp\"" -std=c++20 -DStatus=int
for header in score socket timing sock_diag endpoint atomic_file; do
    refuses "asks Linux' kernel" "#include <aroma/linux/$header.hpp>" -std=c++20 -U__linux__
done
for header in score socket timing sock_diag endpoint atomic_file diag_message; do
    refuses 'compile without -U_GNU_SOURCE' "#include <aroma/linux/$header.hpp>" -std=c++20 \
        -U_GNU_SOURCE
done
compiles '#include <aroma/linux/tcp_info.hpp>' -std=c++20 -U__linux__ ||
    fail "bytes of Linux cannot be decoded elsewhere"

openssl='#include <aroma/integrations/openssl.hpp>'
relative old 'OPENSSL_VERSION_NUMBER 0x101000cfL'
relative gnutls 'OPENSSL_VERSION_NUMBER (0x0090604F)'
relative libressl 'OPENSSL_VERSION_NUMBER 0x20000000L' 'LIBRESSL_VERSION_NUMBER 0x3080000fL'
relative boringssl 'OPENSSL_VERSION_NUMBER 0x1010107f' OPENSSL_IS_BORINGSSL
relative aws-lc 'OPENSSL_VERSION_NUMBER 0x1010107f' OPENSSL_IS_AWSLC
relative wolfssl 'OPENSSL_VERSION_NUMBER 0x10101000L' 'LIBWOLFSSL_VERSION_HEX 0x05005004'
for whose in none old gnutls libressl boringssl aws-lc wolfssl; do
    refuses 'needs OpenSSL 1.1.1' "$openssl" -std=c++20 -I"$work/$whose"
done
refuses 'needs OpenSSL 1.1.1' "#define LIBWOLFSSL_VERSION_HEX 0x05005004\n$openssl" -std=c++20
for before in gnutls/openssl.h wolfssl/ssl.h; do
    if [ -e /usr/include/$before ]; then
        refuses 'needs OpenSSL 1.1.1' "#include <$before>\n$openssl" -std=c++20
    else
        echo "aroma: not tried: /usr/include/$before is not installed"
    fi
done
# As Debian has two of them.
for real in /usr/include/android /usr/include/wolfssl; do
    if [ -e $real/openssl/ssl.h ]; then
        refuses 'needs OpenSSL 1.1.1' "$openssl" -std=c++20 -I$real
    else
        echo "aroma: not tried: $real/openssl/ssl.h is not installed"
    fi
done
relative fmt7 'FMT_VERSION 70103'
for whose in none fmt7; do
    refuses 'needs fmt 8' '#include <aroma/integrations/fmt.hpp>' -std=c++20 -I"$work/$whose"
done

echo "$tried refusals, each with one sentence"
exit $failed
