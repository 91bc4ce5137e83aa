#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What a page names in code is there: each function `name()` or `name(...)` is in the synopsis of a
# header or in a comment of it, each type is defined, each `folder/file.hpp` is a file, and each
# link to a file or a heading leads to one. Blocks of code are not looked at.
#
#     names.sh PROJECT PAGE...
set -u
unset CDPATH
cd "$1" || exit 1
shift
failed=0 names=0
fail() { echo "FAILED: $*"; failed=1; }
# as GitHub and GitLab make an anchor of a heading
anchors() { sed -nE 's/^#+ +//p' "$1" | tr '[:upper:]' '[:lower:]' | tr -d '`:,.?!()/'"'"'*' |
    tr ' ' '-'; }
text=$(mktemp)
trap 'rm -f "$text"' EXIT
for page in "$@"; do
    sed '/^```/,/^```/d' "$page" >"$text"
    while read -r name; do
        names=$((names + 1))
        grep -rqE "^ *//.*\b$name\(" include/aroma ||
            fail "$page names $name(), which no header has"
    done < <(grep -oE '`(aroma::|openssl::)*[a-z_0-9]+\([^`]*`' "$text" |
        sed -E 's/`(aroma::|openssl::)*//; s/\(.*//' | sort -u)
    while read -r name; do
        names=$((names + 1))
        grep -rqE "\b(class|struct|enum class|using) $name\b" include/aroma ||
            fail "$page names $name, which no header has"
    done < <(grep -oE '`(aroma::)?[A-Z][a-z]+[A-Z][A-Za-z]+`' "$text" | tr -d '`' |
        sed 's/aroma:://' | sort -u)
    while read -r file; do
        names=$((names + 1))
        [ -f "include/aroma/$file" ] || [ -f "include/$file" ] || [ -f "$file" ] ||
            fail "$page names $file, which is not there"
    done < <(grep -oE '`[a-z_]+/[a-z_/]+\.hpp`' "$text" | tr -d '`' | sort -u)
    while read -r link; do
        names=$((names + 1))
        file=$(dirname "$page")/${link%%#*}
        [ "${link%%#*}" ] || file=$page
        [ -e "$file" ] || { fail "$page links to $link, which is not there"; continue; }
        [[ $link != *#* ]] || anchors "$file" | grep -qxF -- "${link#*#}" ||
            fail "$page links to $link, which has no such heading"
    done < <(grep -oE '\]\([^)]+\)' "$text" | sed -E 's/^\]\(//; s/\)$//' | grep -v '^https\?:' |
        sort -u)
done
[ $names -gt 10 ] || fail "only $names names"
echo "$names names"
exit $failed
