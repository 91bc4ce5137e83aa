#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# docs/apache.md's tables of directives and variables are those of mod_aroma.cpp, both ways, and the
# configuration that is shipped sets what the page says.
#
#     apache.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0
fail() { echo "FAILED: $*"; failed=1; }
page=docs/apache.md module=examples/apache/mod_aroma.cpp
same() { # WHAT; then the module's words, and the page's
    [ "$(wc -w <<<"$2")" -ge 3 ] || fail "only these $1: $2"
    [ "$2" = "$3" ] || fail "$1: the module has $2, and the page $3"
}
words() { sort -u | tr '\n' ' '; }
same directives "$(grep -oE 'AP_INIT_[A-Z0-9]+\("[A-Za-z]+"' $module | cut -d'"' -f2 | words)" \
    "$(grep -oE '^\| `Aroma[A-Za-z]*' $page | tr -d '|` ' | words)"
same variables "$(grep -oE 'publish\(r, "[a-z_]+", "[A-Z_]+"' $module | cut -d'"' -f2,4 | words)" \
    "$(grep -oE '^\| `aroma_[a-z_]+` \| `[A-Z_]+`' $page | tr -d '|` ' | sed 's/AROMA/"&/' | words)"
while read -r note; do # in both spellings alike
    [ "$(cut -d'"' -f2 <<<"$note" | tr '[:lower:]' '[:upper:]')" = "$(cut -d'"' -f4 <<<"$note")" ] ||
        fail "not one name: $note"
done < <(grep -oE 'publish\(r, "[a-z_]+", "[A-Z_]+"' $module)
for line in 'AcceptFilter http none' 'AcceptFilter https none' 'Aroma on'; do
    grep -qx "$line" examples/apache/aroma.conf || fail "aroma.conf has no $line"
done
exit $failed
