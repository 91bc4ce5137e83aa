#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The lines that README.md and docs/install.md give for installing the library work as they are
# pasted, in a tree that has the library alone: each is run, and what it is said to make is there.
#
#     library.sh PROJECT COMPILER
set -u
. "$(dirname "$0")/../support/test.sh"
needs cmake:cmake dpkg-deb:dpkg
project=$1
export CXX=$2
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir "$work/tree" && cd "$work/tree" || exit 1
cp -r "$project"/{CMakeLists.txt,CHANGELOG.md,LICENSE,README.md,docs,include,packaging} . || exit 1

for page in README.md docs/install.md; do
    awk '/^## / { ours = $0 == "## Install" || $0 == "## From the source" }
    ours && /^```sh$/ { lines = 1; next }
    /^```$/ { lines = 0 }
    lines' $page >"$work/some"
    [ "$(wc -l <"$work/some")" -ge 2 ] || fail "$page has $(wc -l <"$work/some") lines to paste"
    cat "$work/some" >>"$work/lines"
done
while IFS= read -r line; do
    root=''
    [[ $line = 'cmake --install '* ]] && root="DESTDIR=$work/root" # not into this machine
    env -u DESTDIR $root bash -c "$line" >"$work/said" 2>&1 </dev/null ||
        { cat "$work/said"; fail "$line"; }
done <"$work/lines"

[ -f "$work/root/usr/local/include/aroma/aroma.hpp" ] || fail "nothing is in /usr/local"
[ -f "$work/root/usr/local/share/doc/aroma/docs/usage.md" ] || fail "the pages are not installed"
compgen -G 'build/library/libaroma-dev_*_all.deb' >/dev/null || fail "there is no Debian package"
printf '#include "aroma.hpp"\nstatic_assert(aroma::version[0] >= 0);\n' >"$work/one.cpp"
"$CXX" -std=c++20 -fsyntax-only -Ibuild/library/single_header "$work/one.cpp" ||
    fail "the single header"
exit $failed
