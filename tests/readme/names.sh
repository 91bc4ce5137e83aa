#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What a page names in code is there: each function `name()` or `name(...)` is in the synopsis of a
# header or in a comment of it, or is another library's and called in the examples; each type is
# defined, each `folder/file.hpp` is a file, and each link to a file or a heading leads to one.
# Blocks of code are not looked at.
#
#     names.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0 names=0
# frameworks that are not in Debian 12, and so in no example
foreign=' app h2o_socket_get_fd lws_get_socket_fd new_ssl_ctx '
fail() { echo "FAILED: $*"; failed=1; }
# as GitHub and GitLab make an anchor of a heading
anchors() { sed -nE 's/^#+ +//p' "$1" | tr '[:upper:]' '[:lower:]' | tr -d '`:,.?!()/'"'"'*' |
    tr ' ' '-'; }
text=$(mktemp)
trap 'rm -f "$text"' EXIT
for page in *.md */*.md; do
    sed '/^ *```/,/^ *```/d' "$page" >"$text"
    comment='^ *//.*' # what is public has one; CONTRIBUTING.md is about the inside as well
    [ "$page" != CONTRIBUTING.md ] || comment=''
    while read -r name; do
        names=$((names + 1))
        grep -rqE "$comment\b$name\(" include/aroma ||
            grep -rqE "\b$name\(" examples packaging --exclude='*.md' ||
            [[ $foreign = *" $name "* ]] ||
            fail "$page names $name(), which no header has"
    done < <(grep -oE '`(aroma::|openssl::)*[a-z_0-9]+\([^`]*`' "$text" |
        sed -E 's/`(aroma::|openssl::)*//; s/\(.*//' | sort -u)
    while read -r name; do
        names=$((names + 1))
        grep -rqE "\b(class|struct|enum class|using) $name\b" include/aroma ||
            grep -rqE "\b$name\b" examples --exclude='*.md' ||
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
    done < <(sed 's/`[^`]*`//g' "$text" | grep -oE '\]\([^)]+\)' |
        sed -E 's/^\]\(//; s/\)$//' | grep -v '^https\?:' | sort -u)
done
[ $names -gt 200 ] || fail "only $names names"
echo "$names names"
exit $failed
